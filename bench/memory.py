"""Peak resident memory of the web process above idle, while a 20 MB JPEG and a 50-megapixel PNG go in."""

import base64
import re
import tempfile
from pathlib import Path

from bench.photos import make_photo
from tests.server import Server


def _peak(server: Server) -> float:
    """The web process's peak resident memory so far, in MB; its decoders are processes of their own."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def run() -> None:
    import pyvips

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        photo = make_photo(root / "large.jpg", width=8000, height=6000, quality=97)
        png = root / "large.png"
        noise = pyvips.Image.gaussnoise(8300, 6000, sigma=20, mean=128).cast("uchar")
        pyvips.Image.black(8300, 6000).bandjoin([noise, noise]).cast("uchar").copy(interpretation="srgb").pngsave(
            str(png), compression=1
        )
        server = Server(root / "data")
        server.start()
        try:
            client = server.register("alice")
            server.sql("UPDATE plans_plan SET max_upload_bytes = 300000000")
            small = make_photo(root / "small.jpg", width=400, height=300).read_bytes()
            assert client.post("/api/pictures/", files={"image": ("small.jpg", small)}).status_code == 201
            idle = _peak(server)
            print(f"idle after one small upload: {idle:6.1f} MB")
            for path in (photo, png):
                content = path.read_bytes()
                megabytes = len(content) / 1e6
                before = _peak(server)
                answer = client.post("/api/pictures/", files={"image": (path.name, content)}, timeout=120)
                assert answer.status_code == 201, answer.text
                print(f"{megabytes:5.1f} MB {path.name} as a form:   {_peak(server) - before:+6.1f} MB")
                before = _peak(server)
                body = {"image": base64.b64encode(content).decode()}
                answer = client.post("/api/pictures/", json=body, timeout=120)
                assert answer.status_code == 201, answer.text
                print(f"{megabytes:5.1f} MB {path.name} in JSON:     {_peak(server) - before:+6.1f} MB")
            print(f"in all above idle: {_peak(server) - idle:.1f} MB (goal: less than 64 MB)")
        finally:
            server.stop()


if __name__ == "__main__":
    run()
