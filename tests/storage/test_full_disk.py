"""Eight clients on a disk that fills up: a 201 is the truth, a refusal is a 507, and what was whole stays so."""

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PIL import Image

from tests import pictures
from tests.disks import SmallDisk
from tests.http.problems import refused
from tests.server import Server
from tests.storage.store import Store

CLIENTS = 8


@pytest.fixture(scope="module", params=["disk", "store"])
def server_on_small_disk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server whose pictures, or on S3 its temporary files, are on a small disk."""
    folder = tmp_path_factory.mktemp("small")
    disk = SmallDisk(folder / "data" / "media")
    store = Store(folder / "store") if request.param == "store" else None
    server: Any = Server(folder / "data", ALBUMEN_STORAGE_URL=store.url if store else "")
    server.disk, server.store = disk, store
    try:
        server.start()
        yield server
    finally:
        server.remove()
        disk.remove()
        if store:
            store.stop()


@pytest.fixture
def crowded(server_on_small_disk: Any) -> Any:
    """That server, with room on its disk until the test fills it."""
    server_on_small_disk.disk.empty()
    return server_on_small_disk


def noisy(seed: int) -> bytes:
    """A picture of about 730 kB: pixels that no format makes smaller."""
    return pictures.encode(Image.frombytes("RGB", (540, 450), random.Random(seed).randbytes(540 * 450 * 3)), "PNG")


def send(client: httpx.Client, content: bytes) -> httpx.Response:
    return client.post("/api/pictures/", files={"image": ("photo.png", content)})


def stored(server: Any, content: bytes) -> bytes:
    sha256 = hashlib.sha256(content).hexdigest()
    folder = server.store.folder if server.store else server.data_dir / "media"
    return (folder / "originals" / sha256[:2] / sha256).read_bytes()


@pytest.mark.fault
def test_eight_clients_fill_a_disk_and_every_201_is_whole(crowded: Any) -> None:
    bob, alice = crowded.register("bob"), crowded.register("alice")
    crowded.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise')")
    shared = [noisy(seed) for seed in range(4)]
    before = [send(bob, content).json() for content in shared]
    # Every third picture has the bytes of one of Bob's.
    contents = [shared[seed // 3 % 4] if seed % 3 == 0 else noisy(seed) for seed in range(4, 52)]
    room = 4 * len(shared[0]) if crowded.store else 12 * len(shared[0])
    crowded.disk.fill(room=room + 300_000)

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = list(threads.map(lambda content: send(alice, content), contents))

    assert {answer.status_code for answer in answers} == {201, 507}
    for content, answer in zip(contents, answers, strict=True):
        if answer.status_code == 507:
            refused(answer, 507, "out_of_space")
            continue
        assert stored(crowded, content) == content == httpx.get(answer.json()["original"]).content
        for thumbnail in answer.json()["thumbnails"]:
            shown = httpx.get(thumbnail["url"], headers={"Accept": "image/webp"}).content
            assert pictures.opened(shown).size == (thumbnail["width"], thumbnail["height"])
    for content, picture in zip(shared, before, strict=True):
        assert stored(crowded, content) == content == httpx.get(picture["original"]).content
    assert "Everything agrees" in crowded.manage("check_integrity", "--deep")


def test_alone_everything_that_does_not_fit_is_a_507(crowded: Any) -> None:
    alice = crowded.register("alice")
    content = noisy(60)
    for room in (0, 4096, len(content) // 2, len(content) - 1, len(content), len(content) + 4096):
        crowded.disk.fill(room=room)
        refused(send(alice, content), 507, "out_of_space")
        refused(alice.put("/api/profile/avatar/", files={"avatar": ("me.png", content)}), 507, "out_of_space")
        assert not [path for path in (crowded.data_dir / "media/incoming").iterdir() if path.suffix != ".lock"]
    crowded.disk.fill(room=0)
    probe = httpx.get(f"{crowded.url}/readyz", timeout=30)
    assert (probe.status_code, "has no room left" in probe.text) == (503, True)
    crowded.disk.empty()
    assert send(alice, content).status_code == 201


def test_a_thumbnail_that_is_missing_comes_without_being_kept(crowded: Any) -> None:
    if crowded.store:
        pytest.skip("the original is on the store, and there is no room to fetch it")
    alice = crowded.register("alice")
    thumbnail = send(alice, noisy(62)).json()["thumbnails"][0]
    crowded.disk.fill(room=0)
    before = {path for path in crowded.disk.folder.rglob("*") if path.suffix != ".lock"}
    for _ in range(2):
        shown = httpx.get(thumbnail["url"], headers={"Accept": "image/jpeg"}, timeout=30)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg"), shown.text
        assert pictures.opened(shown.content).size == (thumbnail["width"], thumbnail["height"])
    part = httpx.get(thumbnail["url"], headers={"Accept": "image/jpeg", "Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, shown.content[:100])
    assert {path for path in crowded.disk.folder.rglob("*") if path.suffix != ".lock"} == before
    crowded.disk.empty()
    assert httpx.get(thumbnail["url"], headers={"Accept": "image/jpeg"}).content == shown.content


def test_a_short_original_is_healed_by_the_whole_one_and_a_whole_one_stays(crowded: Any) -> None:
    alice = crowded.register("alice")
    content = noisy(61)
    assert send(alice, content).status_code == 201
    sha256 = hashlib.sha256(content).hexdigest()
    folder = crowded.store.folder if crowded.store else crowded.data_dir / "media"
    original = folder / "originals" / sha256[:2] / sha256
    original.write_bytes(content[:1000])
    if crowded.store:
        crowded.store.notice()
    assert send(alice, content).status_code == 201
    assert original.read_bytes() == content
    if not crowded.store:
        file = original.stat().st_ino
        assert send(alice, content).status_code == 201
        assert original.stat().st_ino == file
