"""The goals of speed and memory: `make run` beside PocketBase, the scaled set-up through nginx beside Directus, nginx
and itself, and the imaging module beside a bare decode. The same rows and photos, in turn, and all that ships is on.

ROUNDS=1 is a quick look. Read the medians of ratios: absolute figures do not travel between machines.
"""

import http.client
import itertools
import math
import os
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson

from bench import installed
from bench.directus import ROW, TOKEN, Directus
from bench.goals import Found, print_table
from bench.imaging import decode_alone, print_quality, render_with
from bench.lists import FILL, SQLITE_MOMENT, Client
from bench.one_command import OneCommand, fresh_checkout, memory
from bench.photos import make_photo
from bench.pocketbase import PocketBase
from bench.stack import PICTURES, WEBP, asked, fill, scaled, uploader
from bench.uploads import CLIENTS, FORM, HEIGHTS, _form, _rate, distinct
from tests.server import until_ready

ROUNDS = int(os.environ.get("ROUNDS") or 5)
CONNECTIONS, MANY, FEW = 16, 32, 2
VISITED, BROWSER = 100, 6
# A height in px that no picture has yet, for each round.
NEW_HEIGHTS = [300 + number for number in range(ROUNDS)]
# Those who are slower do fewer uploads.
JOBS_THERE = 12
CONDITIONS = f"""
Rounds, in turn: {ROUNDS}. Here is what ships, its access log and its throttle included. What differs:
- ALBUMEN_RATE_API is higher than what is asked; in the stack, the other rates are off.
- In the stack, files are on the disk; it has one gunicorn of a process for each core, two serves and one worker.
  PostgreSQL, which flushes as by default, Redis and nginx come from wheels.
- PocketBase {installed.POCKETBASE} is as installed, with an index for the list. Its thumbnails are public JPEGs.
- Directus {installed.DIRECTUS} on SQLite limits and logs nothing, and an administrator asks.
- Both make thumbnails when they are asked for, so their uploads are with a request for each of the two.
"""


def _settled(workers: int, upload: Callable[[int, int], None], jobs: int) -> float:
    """Uploads a second. What the other one has left unwritten goes to the disk before, for a flush waits for it all,
    and not everybody flushes what they answer."""
    os.sync()
    return _rate(workers, upload, jobs)


def _visit(port: int, targets: list[str]) -> float:
    """Pictures a second that a browser gets which asks for each once, over its six new connections."""
    left, lock = iter(targets), threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            with lock:
                target = next(left, None)
            if target is None:
                return
            connection.request("GET", target, headers={"Accept": WEBP})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == http.HTTPStatus.OK, content

    threads = [threading.Thread(target=work) for _ in range(BROWSER)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(targets) / (time.perf_counter() - begun)


class _Own:
    """What Alice and Bob ask of `make run`."""

    def __init__(self, server: OneCommand, photos: list[bytes]) -> None:
        self.server = server
        alice: Any = server.register("alice")
        self._bob = Client(server, str(server.register("bob").headers["Authorization"]))
        self.upload = uploader(server, photos)
        server.sql(FILL.format(zeros="0" * 150, moment=SQLITE_MOMENT), PICTURES, alice.user["id"])
        self._token = alice.headers["Authorization"]
        made = orjson.loads(Client(server, self._token).post("/api/pictures/", _form(photos[0]), FORM))
        self._thumbnail = made["thumbnails"][0]["url"]
        self._picture = f"{server.url}/api/pictures/{made['id']}/"
        for number in range(VISITED):
            self._bob.post("/api/pictures/", _form(distinct(photos[number % len(photos)])), FORM)

    def list(self, connections: int) -> float:
        return asked(f"{self.server.url}/api/pictures/", f"Authorization: {self._token}", connections=connections)

    def picture(self, connections: int) -> float:
        return asked(self._picture, f"Authorization: {self._token}", connections=connections)

    def thumbnail(self, connections: int) -> float:
        return asked(self._thumbnail, f"Accept: {WEBP}", connections=connections)

    def visit(self, height: int) -> float:
        """Bob's pictures at a height that his plan has had for a moment only."""
        self._set_heights([*sorted(HEIGHTS), height])
        page = orjson.loads(self._bob.get(f"/api/pictures/?page_size={VISITED}"))["results"]
        found = [
            thumbnail["url"].removeprefix(self.server.url)
            for picture in page
            for thumbnail in picture["thumbnails"]
            if thumbnail["plan_height"] == height
        ]
        assert len(found) == VISITED
        try:
            return _visit(self.server.port, found)
        finally:
            self._set_heights(sorted(HEIGHTS))

    def _set_heights(self, heights: Iterable[int]) -> None:
        self.server.sql("UPDATE plans_plan SET thumbnail_heights = ? WHERE name = 'Premium'", str(list(heights)))


class _PocketBase:
    """What is measured of PocketBase: the same requests as of `make run`, as rates a second."""

    def __init__(self, server: PocketBase, photos: list[bytes]) -> None:
        self.server = server
        server.fill(ROW, PICTURES, [*HEIGHTS, *NEW_HEIGHTS])
        self.upload = server.uploader(photos)
        client = Client(server, server.token)
        thumbnail = f"{server.upload(client, photos[0])}?thumb=0x200"
        client.get(thumbnail)
        records, signed = f"{server.url}/api/collections/pictures/records", f"Authorization: {server.token}"
        page = f"{records}?perPage=50&sort=-created_at,-id&skipTotal=1"
        self.list = lambda: asked(page, signed, connections=CONNECTIONS)
        self.picture = lambda: asked(f"{records}/{PICTURES - 1:015}", signed, connections=CONNECTIONS)
        self.thumbnail = lambda: asked(server.url + thumbnail, connections=MANY)
        self._visited = [server.upload(client, distinct(photos[number % len(photos)])) for number in range(VISITED)]

    def visit(self, height: int) -> float:
        return _visit(self.server.port, [f"{place}?thumb=0x{height}" for place in self._visited])


def _one_command(found: Found, root: Path, photos: list[bytes]) -> None:
    program = installed.pocketbase()
    server = OneCommand(fresh_checkout(root / "checkout"), root / "data")
    other = program and PocketBase(program, root / "pocketbase")
    try:
        server.start()
        own = _Own(server, photos)
        there = other and _PocketBase(other, photos)
        _rate(CLIENTS, own.upload, CLIENTS)
        for height in NEW_HEIGHTS:
            for name in ("list", "picture"):
                found.add(
                    f"one {name}", getattr(own, name)(CONNECTIONS), getattr(there, name)() if there else math.nan
                )
            found.add("one thumbnail", own.thumbnail(MANY), there.thumbnail() if there else math.nan)
            for name in ("list", "picture", "thumbnail"):
                found.add(f"crowd {name}", getattr(own, name)(MANY), getattr(own, name)(FEW))
            rate = _settled(CLIENTS, own.upload, 40)
            found.add("one upload", rate, _settled(CLIENTS, there.upload, JOBS_THERE) if there else math.nan)
            found.add("one visit", own.visit(height), there.visit(height) if there else math.nan)
        time.sleep(10)
        found.add("idle after", memory(server.pid), memory(other.pid) if other else math.nan)
    finally:
        server.stop()
        if other:
            other.stop()


def _starts(found: Found, root: Path) -> None:
    command = installed.directus()
    server = OneCommand(fresh_checkout(root / "checkout"), root / "started")
    other = command and Directus(command, root / "directus-started")
    try:
        server.start()
        until_ready(server)
        server.stop()
        if other:
            other.bootstrap()
            other.start()
            other.stop()
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            server.start()
            here = time.perf_counter() - begun
            until_ready(server)
            time.sleep(3)
            idle, there, idle_there = memory(server.pid), math.nan, math.nan
            server.stop()
            if other:
                begun = time.perf_counter()
                other.start()
                there = time.perf_counter() - begun
                time.sleep(3)
                idle_there = memory(other.pid)
                other.stop()
            found.add("start", here, there)
            found.add("idle", idle, idle_there)
    finally:
        server.stop()
        if other:
            other.stop()


def _fill_albums(client: Client) -> int:
    """Make 60 albums: the oldest has 50 pictures, and each of the others 5. Return the id of the oldest."""
    pictures = [picture["id"] for picture in orjson.loads(client.get("/api/pictures/?page_size=50"))["results"]]
    ids = []
    for number in range(60):
        ids.append(orjson.loads(client.post("/api/albums/", orjson.dumps({"name": f"Album {number}"})))["id"])
        chosen = pictures if number == 0 else pictures[number % 10 * 5 :][:5]
        client.post(f"/api/albums/{ids[-1]}/pictures/", orjson.dumps({"pictures": chosen}))
    return int(ids[0])


def _stack(found: Found, root: Path, photos: list[bytes]) -> None:
    command = installed.directus()
    (root / "own").mkdir()
    stack = scaled(root / "stack", ALBUMEN_NGINX_MORE=f"location /own/ {{ alias {root / 'own'}/; }}")
    other = command and Directus(command, root / "directus")
    try:
        stack.start()
        alice: Any = stack.register("alice")
        token = alice.headers["Authorization"]
        client, signed = Client(stack, token), f"Authorization: {token}"
        upload = uploader(stack, photos)
        fill(stack, alice.user["id"])
        oldest = _fill_albums(client)
        made = orjson.loads(client.post("/api/pictures/", _form(photos[0]), FORM))
        thumbnail, original = made["thumbnails"][0]["url"], made["original"]
        (root / "own/thumbnail.webp").write_bytes(alice.get(thumbnail, headers={"Accept": WEBP}).content)
        (root / "own/original.jpg").write_bytes(alice.get(original).content)
        if other:
            other.bootstrap()
            other.start()
            other.fill(PICTURES)
            thumbnail_there, upload_there = other.ready_thumbnail(photos[0]), other.uploader(photos)
            _rate(CLIENTS, upload_there, CLIENTS)
        _rate(CLIENTS, upload, CLIENTS)

        def get(path: str) -> float:
            return asked(stack.url + path, signed, connections=CONNECTIONS)

        def directus(url: str, connections: int) -> float:
            if not other:
                return math.nan
            return asked(url, f"Authorization: Bearer {TOKEN}", connections=connections)

        list_there = other and f"{other.url}/items/pictures?limit=50&sort=-created_at"
        for _ in range(ROUNDS):
            found.add("list", get("/api/pictures/"), directus(list_there, CONNECTIONS) if list_there else math.nan)
            for name, path in (
                ("picture", f"/api/pictures/{made['id']}/"),
                ("albums", "/api/albums/"),
                ("album of 5", f"/api/albums/{oldest + 1}/pictures/"),
                ("album of 50", f"/api/albums/{oldest}/pictures/"),
            ):
                found.add(name, get(path), get("/api/pictures/"))
            hot = asked(thumbnail, f"Accept: {WEBP}", connections=MANY)
            found.add("hot", hot, asked(f"{stack.url}/own/thumbnail.webp", connections=MANY))
            found.add("thumbnail", hot, directus(thumbnail_there, MANY) if other else math.nan)
            sent = asked(original, connections=MANY)
            found.add("original", sent, asked(f"{stack.url}/own/original.jpg", connections=MANY))
            rate = _settled(CLIENTS, upload, 40)
            found.add("upload", rate, _settled(CLIENTS, upload_there, JOBS_THERE) if other else math.nan)
            found.add("upload alone", rate, _rendered(root))
    finally:
        if other:
            other.stop()
        stack.remove()


def _rendered(root: Path) -> float:
    """Photos a second of the imaging module alone, in a thread for each core."""
    photos = sorted(root.glob("photo-*.jpg"))

    def render(worker: int, number: int) -> None:
        place = root / f"rendered-{worker}"
        place.mkdir(exist_ok=True)
        render_with(photos[number % len(photos)], place, webp=True)

    return _rate(os.cpu_count() or 1, render)


def _decoding(found: Found, root: Path) -> None:
    photos = sorted(root.glob("photo-*.jpg"))

    def milliseconds(work: Callable[[Path], None]) -> float:
        begun = time.perf_counter()
        for photo in itertools.islice(itertools.cycle(photos), 12):
            work(photo)
        return (time.perf_counter() - begun) * 1000 / 12

    render_with(photos[0], root, webp=True)
    for _ in range(ROUNDS):
        here = milliseconds(lambda photo: render_with(photo, root, webp=True))
        found.add("imaging", here, milliseconds(decode_alone))
    print_quality(photos[0], root)


def run() -> None:
    from albumen import imaging

    if not installed.has_wrk():
        return
    found = Found()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory(prefix="albumen-bench-") as folder:
        root = Path(folder)
        photos = [make_photo(root / f"photo-{seed}.jpg", seed=seed).read_bytes() for seed in range(4)]
        try:
            for part in (
                lambda: _decoding(found, root),
                lambda: _starts(found, root),
                lambda: _one_command(found, root, photos),
                lambda: _stack(found, root, photos),
            ):
                # A part that breaks does not take the figures of the others with it.
                try:
                    part()
                except Exception:
                    traceback.print_exc()
        finally:
            imaging.shutdown()
            print(CONDITIONS)
            print_table(found.pairs)


if __name__ == "__main__":
    run()
