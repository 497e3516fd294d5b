"""How much slower an ordinary client is served while one account keeps the server busy: it links 40 and 96 pictures on
a server that sends a byte a second, or uploads an interlaced PNG of 49 megapixels in 40 requests at a time.

The limits are those that ship. In turn, alone and beside that account, the client reads the plans and a thumbnail, and
signs in. Words as arguments choose the cases that have them in their titles, like `python -m bench.stall PNG`.
"""

import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.one_account import SLOW_HOST
from bench.photos import make_photo
from bench.uploads import BOUNDARY, _form
from tests.server import ROOT, Server

ROUNDS = 5
SECONDS = 12
PASSWORD = "correct horse battery staple"
SHIPPED = {
    "ALBUMEN_RATE_LOGIN": "10/minute",
    "ALBUMEN_RATE_REGISTER": "60/hour",
    "ALBUMEN_RATE_RESET": "5/hour",
    "ALBUMEN_RATE_API": "6000/minute",
}
Times = dict[str, list[float]]


class Client:
    """An ordinary client: somebody with one picture."""

    def __init__(self, server: Server, photo: bytes) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        client = server.register("ordinary")
        token = client.headers["Authorization"]
        form = {"Authorization": token, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        found = re.search(r'"url":"([^"]+/200/[^"]+)"', self._ask("POST", "/api/pictures/", _form(photo), form))
        assert found
        login = json.dumps({"email": client.email, "password": PASSWORD}).encode()  # type: ignore[attr-defined]
        self._requests: dict[str, tuple[str, str, bytes | None, dict[str, str]]] = {
            "GET /api/plans/": ("GET", "/api/plans/", None, {"Authorization": token}),
            "GET a thumbnail": ("GET", found[1], None, {"Accept": "image/webp"}),
            "POST /api/login/": ("POST", "/api/login/", login, {"Content-Type": "application/json"}),
        }

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> str:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 201), (method, path, answer.status, content)
        return content.decode("latin-1")

    def times(self) -> Times:
        """Return the seconds that each request took, by what it was."""
        taken: Times = {name: [] for name in self._requests}
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            for name, request in self._requests.items():
                began = time.monotonic()
                self._ask(*request)
                taken[name].append(time.monotonic() - began)
            time.sleep(0.01)
        return taken

    def times_beside(self, command: list[str]) -> Times:
        """Return the same while the command runs, from a moment after its start."""
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
            time.sleep(2)
            taken = self.times()
            answers, _ = busy.communicate()
        print(f"    answers to that account: {answers.decode().strip()}")
        return taken


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


def _report(title: str, pairs: list[tuple[Times, Times]]) -> None:
    for name in pairs[0][0]:
        for figure, of in (("median", statistics.median), ("p99", _p99)):
            each = [(of(alone[name]), of(beside[name])) for alone, beside in pairs]
            alone, beside = (statistics.median(column) * 1000 for column in zip(*each, strict=True))
            ratios = sorted(later / first for first, later in each)
            print(
                f"{title}, {name}, {figure}: {alone:.1f} ms alone, {beside:.1f} ms beside, "
                f"ratio {statistics.median(ratios):.2f} (rounds from {ratios[0]:.2f} to {ratios[-1]:.2f})"
            )


def run() -> None:
    import pyvips

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        photo = make_photo(root / "photo.jpg", width=1600, height=1200).read_bytes()
        png = root / "interlaced.png"
        waves = pyvips.Image.sines(7000, 7000, hfreq=3, vfreq=5) * 100 + 128
        waves.cast("uchar").bandjoin([waves.cast("uchar")] * 2).copy(interpretation="srgb").pngsave(
            str(png), interlace=True
        )
        server = Server(root / "data", ALBUMEN_REMOTE_ALLOW=SLOW_HOST, ALBUMEN_ACCESS_LOG="false", **SHIPPED)
        server.start()
        try:
            client = Client(server, photo)
            account = server.register("busy").headers["Authorization"]
            server.sql("UPDATE plans_plan SET quota_bytes = NULL, max_upload_bytes = 300000000")
            start = [sys.executable, "-m", "bench.one_account", str(server.port), account]
            client.times()
            cases = {
                "40 linked pictures of a slow server": ["40"],
                "96 linked pictures of a slow server": ["96"],
                "40 interlaced PNGs of 49 megapixels": ["40", str(png)],
            }
            for title, more in cases.items():
                if not all(word in title for word in sys.argv[1:]):
                    continue
                _report(title, [(client.times(), client.times_beside([*start, *more])) for _ in range(ROUNDS)])
        finally:
            server.remove()


if __name__ == "__main__":
    run()
