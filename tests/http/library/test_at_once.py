"""Many at the same moment, on a real server: quotas, counted links and missing thumbnails stay exact."""

import ctypes
import hashlib
import os
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.http.problems import refused


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """The same call from `count` threads that start together."""
    gate = threading.Barrier(count)

    def go(number: int) -> Any:
        gate.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(go, range(count)))


def upload(client: httpx.Client, content: bytes, **fields: Any) -> httpx.Response:
    return client.post("/api/pictures/", files={"image": ("photo.png", content)}, data=fields)


MOVED_TO, OPENED, CLOSED = 0x80, 0x20, 0x10


@contextmanager
def watched(path: Path, kinds: int) -> Iterator[list[str]]:
    """What happens to a folder or a file meanwhile, as the kernel tells it: names, one an event (inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, os.fsencode(path), kinds) >= 0
    names: list[str] = []
    try:
        yield names
        events = os.read(watch, 1 << 20)
    except BlockingIOError:
        events = b""
    finally:
        os.close(watch)
    while events:
        length = struct.unpack_from("iIII", events)[3]
        names.append(events[16 : 16 + length].rstrip(b"\0").decode())
        events = events[16 + length :]


@pytest.fixture
def alice(shared_server):
    return shared_server.register("alice")


@pytest.fixture
def use_plan(shared_server, alice):
    """Moves Alice to a plan of her own."""

    def use(heights: str = "[200]", quota: int | None = None) -> None:
        shared_server.sql(
            "INSERT INTO plans_plan (name, thumbnail_heights, original, expiring_links, max_upload_bytes, quota_bytes,"
            " is_default) VALUES (?, ?, TRUE, TRUE, 50000000, ?, FALSE)",
            *(alice.email, heights, quota),
        )
        shared_server.sql(
            "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = ?) WHERE id = ?",
            *(alice.email, alice.user["id"]),
        )

    return use


def test_thirty_uploads_at_the_edge_of_the_quota_stay_within_it(shared_server, alice, use_plan):
    content = pictures.png(40, 30, seed=71)
    use_plan(quota=11 * len(content) - 1)
    answers = at_once(30, lambda number: upload(alice, content))
    assert Counter(answer.status_code for answer in answers) == {201: 10, 403: 20}
    for answer in answers:
        if answer.status_code == 403:
            refused(answer, 403, "quota_exceeded", "/image")
    ((rows, total),) = shared_server.sql(
        "SELECT COUNT(*), SUM(bytes) FROM library_picture WHERE owner_id = ?", alice.user["id"]
    )
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": total, "pictures": rows}
    assert (rows, total) == (10, 10 * len(content))


def test_fifty_uploads_of_the_same_bytes_are_fifty_pictures_of_one_original(shared_server, alice, use_plan):
    use_plan()
    content = pictures.png(60, 50, seed=72)
    answers = at_once(50, lambda number: upload(alice, content))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 50
    for answer in answers:
        assert httpx.get(answer.json()["original"]).content == content
        assert httpx.get(answer.json()["thumbnails"][0]["url"]).status_code == 200
    sha256 = hashlib.sha256(content).hexdigest()
    media = shared_server.data_dir / "media"
    assert [path.name for path in (media / "originals" / sha256[:2]).glob(f"{sha256}*")] == [sha256]
    assert [path for path in (media / "incoming").iterdir() if path.suffix != ".lock"] == []


def test_a_missing_thumbnail_is_made_once_however_many_ask(shared_server, alice, use_plan):
    use_plan(heights="[100, 150, 200]")
    picture = upload(alice, pictures.png(1200, 900, seed=73)).json()
    sha256 = picture["sha256"]
    media = shared_server.data_dir / "media"
    folder, original = media / "thumbnails" / sha256[:2] / sha256, media / "originals" / sha256[:2] / sha256
    urls = [thumbnail["url"] for thumbnail in picture["thumbnails"]]

    def ask(count: int) -> tuple[list[str], int]:
        """The files that so many requests at once bring about, and how often the original is opened and closed."""
        for file in folder.iterdir():
            file.unlink()
        with watched(folder, MOVED_TO) as names, watched(original, OPENED | CLOSED) as reads:
            answers = at_once(count, lambda number: httpx.get(urls[number % 3], timeout=60))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == min(count, 3)
        return sorted(names), len(reads)

    made, reads = ask(1)
    assert (made, reads > 0) == (["100.jpg", "150.jpg", "200.jpg"], True)
    assert ask(30) == (made, reads)


def test_a_link_for_so_many_downloads_gives_exactly_so_many(alice, use_plan):
    use_plan()
    content = pictures.png(900, 700, seed=74)
    picture = upload(alice, content).json()["id"]
    body = {"expiring_time_seconds": 300, "max_uses": 17}
    link = alice.post(f"/api/pictures/{picture}/links/", json=body).json()
    answers = at_once(60, lambda number: httpx.get(link["url"], timeout=60))
    assert Counter(answer.status_code for answer in answers) == {200: 17, 410: 43}
    assert all(len(answer.content) > 500_000 for answer in answers if answer.status_code == 200)
    assert alice.get(f"/api/links/{link['id']}/").json()["uses"] == 17
    assert httpx.head(link["url"]).status_code == 410


def test_of_many_purges_of_one_picture_one_gives_its_bytes_back(alice, use_plan):
    use_plan()
    picture = upload(alice, pictures.png(40, 30, seed=75)).json()["id"]
    upload(alice, pictures.png(40, 30, seed=76))
    alice.delete(f"/api/pictures/{picture}/")
    kept = alice.get("/api/pictures/").json()["results"][0]["bytes"]
    answers = at_once(20, lambda number: alice.delete(f"/api/trash/{picture}/"))
    assert {answer.status_code for answer in answers} <= {204, 404}
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": kept, "pictures": 1}
