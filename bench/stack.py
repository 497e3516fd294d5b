"""The scaled set-up through nginx: a hot thumbnail beside a file of nginx's own, the list and one picture beside bare
views under the same gunicorn, and uploads beside the imaging module alone. All in turn, and ratios of medians.

`wrk` asks (Debian has it): what Python can ask is far less than what nginx can answer.
"""

import http.client
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.lists import FILL, POSTGRES_MOMENT
from bench.photos import make_photo
from bench.uploads import BOUNDARY, CLIENTS, HEIGHTS, _form, _rate
from tests.server import free_port
from tests.stack.stack import DEFAULTS, NGINX_CONF, Nginx, Stack

ROUNDS = 7
SECONDS = 3
PICTURES = 2000


def asked(url: str, *headers: str, connections: int = 8) -> float:
    """Requests a second that were answered, each with 200."""
    options = [option for header in headers for option in ("-H", header)]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", *options, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    assert found
    return float(found[1])


def compare(title: str, ours: Callable[[], float], theirs: Callable[[], float], goal: str) -> None:
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    each = sorted(round(first / second * 100) for first, second in pairs)
    print(
        f"{title}: {one:9.1f}/s beside {other:9.1f}/s: {one / other:.0%} {goal}, rounds from {each[0]} to {each[-1]} %"
    )


def hot_thumbnail(stack: Stack, token: str, photo: Path) -> tuple[str, bytes]:
    """Its address, and what is there for browsers that take WebP."""
    form = {"Authorization": token, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection = http.client.HTTPConnection("127.0.0.1", stack.port)
    connection.request("POST", "/api/pictures/", _form(photo.read_bytes()), form)
    found = re.search(r'"url":"([^"]+/200/[^"]+)"', connection.getresponse().read().decode())
    assert found
    connection.request("GET", found[1], headers={"Accept": "image/webp"})
    return found[1], connection.getresponse().read()


def _thumbnails(stack: Stack, token: str, photo: Path, copy: Path) -> None:
    url, content = hot_thumbnail(stack, token, photo)
    copy.write_bytes(content)
    accept = "Accept: image/webp"
    compare(
        f"hot thumbnail of {len(content)} bytes beside nginx's own file",
        lambda: asked(url, accept, connections=32),
        lambda: asked(f"{stack.url}/same.webp", accept, connections=32),
        "(goal: 80 %)",
    )


def scaled(folder: Path, **env: str) -> Stack:
    """The set-up that is measured: one gunicorn with a process for each core, one worker, pictures on the disk."""
    return Stack(
        folder,
        webs=1,
        web_workers=os.cpu_count() or 1,
        workers=1,
        stored=False,
        ALBUMEN_NGINX_PATIENCE="60s",
        ALBUMEN_ACCESS_LOG="false",
        **env,
    )


def fill(stack: Stack, user: int) -> None:
    """PICTURES of this user."""
    stack.sql(FILL.format(zeros="0" * 150, moment=POSTGRES_MOMENT), PICTURES, user)
    stack.sql("ANALYZE")


def _reads(stack: Stack, bare_url: str, token: str, user: int) -> None:
    fill(stack, user)
    [(one,)] = stack.sql("SELECT max(id) FROM library_picture")
    signed = f"Authorization: {token}"
    for title, ours, theirs in (
        ("list of 50, signed in, beside the bare view", "/api/pictures/", f"/bare/?owner={user}"),
        ("one picture, signed in, beside the bare view", f"/api/pictures/{one}/", f"/bare/{one}/"),
    ):
        compare(
            title,
            lambda path=ours: asked(stack.url + path, signed),  # type: ignore[misc]
            lambda path=theirs: asked(bare_url + path),  # type: ignore[misc]
            "(goal for lists: 60 %)",
        )


def uploader(stack: Stack, photos: list[Path]) -> Callable[[int, int], None]:
    """What each of CLIENTS does for an upload."""
    tokens = [stack.register(f"client{number}").headers["Authorization"] for number in range(CLIENTS)]
    stack.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
    connections = [http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60) for _ in tokens]
    bodies = [_form(photo.read_bytes()) for photo in photos]

    def upload(worker: int, number: int) -> None:
        form = {"Authorization": tokens[worker], "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        connections[worker].request("POST", "/api/pictures/", bodies[number % len(bodies)], form)
        answer = connections[worker].getresponse()
        text = answer.read()
        assert answer.status == http.HTTPStatus.CREATED, text

    return upload


def _uploads(stack: Stack, photos: list[Path], root: Path) -> None:
    from albumen import imaging

    upload = uploader(stack, photos)

    def render(worker: int, number: int) -> None:
        targets = [imaging.Target(root / f"{worker}-{height}", height) for height in HEIGHTS]
        imaging.render(photos[number % len(photos)], targets, webp=True)

    try:
        _rate(CLIENTS, upload)
        compare(
            f"12 MP uploads, {CLIENTS} clients, beside the imaging module alone",
            lambda: _rate(CLIENTS, upload),
            lambda: _rate(os.cpu_count() or 1, render),
            "(goal: 80 %)",
        )
    finally:
        imaging.shutdown()


def run() -> None:
    if shutil.which("wrk") is None:
        print("Not measured: wrk is not installed (Debian: apt install wrk).")
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy = root / "same.webp"
        same = f"location = /same.webp {{ alias {copy}; }}"
        stack = scaled(root / "stack", ALBUMEN_NGINX_MORE=same)
        bare_port = free_port()
        values = {"LISTEN": f"127.0.0.1:{bare_port}", "DIR": str(root / "bare/nginx"), "WS": "server 127.0.0.1:1;"}
        bare = None
        try:
            stack.start()
            port = stack.start_bare("bench.bare")
            values["WEB"] = f"server 127.0.0.1:{port};"
            named = {f"ALBUMEN_NGINX_{name}": value for name, value in values.items()}
            bare = Nginx(root / "bare", NGINX_CONF.read_text(), DEFAULTS | named)
            bare.start()
            photos = [make_photo(root / f"photo-{seed}.jpg", seed=seed) for seed in range(4)]
            alice = stack.register("alice")
            token, user = alice.headers["Authorization"], alice.user["id"]  # type: ignore[attr-defined]
            stack.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
            _thumbnails(stack, token, photos[0], copy)
            _reads(stack, f"http://127.0.0.1:{bare_port}", token, user)
            _uploads(stack, photos, root)
        finally:
            if bare is not None:
                bare.stop()
            stack.remove()


if __name__ == "__main__":
    run()
