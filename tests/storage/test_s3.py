"""The same service with its files on S3: what people do, what is swept, and what happens while the store is away."""

import hashlib
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PIL import Image

from tests import pictures

ENTERPRISE = "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise')"


@pytest.fixture
def alice(stored_away: Any, store: Any) -> Any:
    store.line.mend()
    client = stored_away.register("alice")
    stored_away.sql(ENTERPRISE)
    return client


def upload(client: httpx.Client, content: bytes) -> httpx.Response:
    return client.post("/api/pictures/", files={"image": ("photo.png", content)})


def noisy(seed: int) -> bytes:
    """A picture of more than a megabyte."""
    return pictures.encode(Image.frombytes("RGB", (700, 600), random.Random(seed).randbytes(700 * 600 * 3)), "PNG")


def temporary_files(server: Any) -> list[str]:
    """Files on the server's own disk."""
    media = server.data_dir / "media"
    return [path.name for path in media.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_pictures_are_kept_on_s3_and_nothing_on_the_disk(alice, stored_away, store):
    content = pictures.png(900, 700, seed=1)
    picture = upload(alice, content).json()
    sha256 = hashlib.sha256(content).hexdigest()
    assert (store.folder / "originals" / sha256[:2] / sha256).read_bytes() == content
    assert httpx.get(picture["original"]).content == content
    for thumbnail in picture["thumbnails"]:
        for accept, form in (("image/webp", "webp"), ("*/*", "jpeg")):
            shown = httpx.get(thumbnail["url"], headers={"Accept": accept})
            assert shown.headers["Content-Type"] == f"image/{form}"
            assert shown.headers["Content-Security-Policy"].endswith("sandbox")
            assert pictures.opened(shown.content).height == thumbnail["height"]
    assert [one["id"] for one in alice.get("/api/pictures/").json()["results"]] == [picture["id"]]
    assert temporary_files(stored_away) == []


def test_ranges_and_conditions_are_answered_as_from_a_disk(alice):
    content = noisy(2)
    address = upload(alice, content).json()["original"]
    for asked, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=300000-599999", 300_000, 599_999),
        ("bytes=262140-262150", 262_140, 262_150),
        ("bytes=-70", len(content) - 70, len(content) - 1),
        ("bytes=100-", 100, len(content) - 1),
    ):
        part = httpx.get(address, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, content[first : last + 1])
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
    whole = httpx.get(address)
    assert (whole.content, whole.headers["Accept-Ranges"]) == (content, "bytes")
    assert httpx.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert httpx.get(address, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    head = httpx.head(address)
    assert (head.headers["Content-Length"], head.content) == (str(len(content)), b"")


def test_a_link_gives_a_copy_without_what_is_private(alice, store):
    picture = upload(alice, pictures.png(300, 200, seed=3)).json()
    body = {"height": None, "expiring_time_seconds": 300}
    link = alice.post(f"/api/pictures/{picture['id']}/links/", json=body).json()
    shown = httpx.get(link["url"])
    assert pictures.opened(shown.content).size == (300, 200)
    folder = f"thumbnails/{picture['sha256'][:2]}/{picture['sha256']}"
    assert f"{folder}/shared.png" in store.names(folder)


def test_a_lost_thumbnail_is_made_again_once_for_all_that_ask(alice, stored_away, store):
    picture = upload(alice, pictures.png(800, 700, seed=4)).json()
    folder = store.folder / "thumbnails" / picture["sha256"][:2] / picture["sha256"]
    for path in folder.iterdir():
        path.unlink()
    store.notice()
    url = picture["thumbnails"][0]["url"]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: httpx.get(url, timeout=30), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert temporary_files(stored_away) == []


def test_an_avatar_is_kept_and_the_one_before_removed(alice, store):
    before = store.names("avatars")
    for seed in (5, 6):
        file = ("me.png", pictures.png(300, 300, seed=seed))
        assert alice.put("/api/profile/avatar/", files={"avatar": file}).status_code == 200
    assert len(store.names("avatars")) == len(before) + 1
    assert pictures.opened(alice.get("/api/profile/avatar/").content).size == (200, 200)


def test_old_files_without_a_row_are_swept_and_all_else_stays(alice, stored_away, store):
    picture = upload(alice, pictures.png(500, 400, seed=7)).json()
    sha256 = "ab" + "0" * 62
    strays = [f"originals/ab/{sha256}", f"thumbnails/ab/{sha256}/200.webp", "avatars/zz/zzTop"]
    fresh = f"originals/ab/{sha256[:-1]}1"
    for name in [*strays, fresh]:
        (store.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (store.folder / name).write_bytes(b"left")
    day_old = time.time() - 90_000
    for name in store.names():
        if name != fresh:
            os.utime(store.folder / name, (day_old, day_old))
    store.notice()
    kept = sorted({*store.names()} - {*strays})
    with pytest.raises(AssertionError, match=r"1 faults|no picture names it"):
        stored_away.manage("check_integrity", "--deep")
    stored_away.manage("sweep")
    assert not {*strays} & {*store.names()}
    # A copy of what could be needed again stays for another day.
    aside = store.folder / f"{strays[0]}.swept"
    assert aside.read_bytes() == b"left"
    os.utime(aside, (day_old, day_old))
    store.notice()
    stored_away.manage("sweep")
    assert store.names() == kept
    assert httpx.get(picture["original"]).status_code == 200
    (store.folder / fresh).unlink()
    store.notice()
    assert "Everything agrees" in stored_away.manage("check_integrity", "--deep")


def test_what_a_sweep_took_while_it_came_again_is_put_back(alice, stored_away, store):
    content = pictures.png(500, 400, seed=8)
    picture = upload(alice, content).json()
    original = store.folder / "originals" / picture["sha256"][:2] / picture["sha256"]
    original.rename(original.with_suffix(".swept"))
    store.notice()
    stored_away.manage("sweep")
    assert httpx.get(picture["original"]).content == content
    assert not original.with_suffix(".swept").exists()


def test_integrity_finds_lost_and_damaged_originals(alice, stored_away, store):
    ids, paths = [], []
    for seed in (9, 10):
        picture = upload(alice, pictures.png(400, 300, seed=seed)).json()
        ids.append(picture["id"])
        paths.append(store.folder / "originals" / picture["sha256"][:2] / picture["sha256"])
    contents = [path.read_bytes() for path in paths]
    paths[0].unlink()
    paths[1].write_bytes(b"x" * len(contents[1]))
    store.notice()
    with pytest.raises(AssertionError) as found:
        stored_away.manage("check_integrity", "--deep")
    assert f"picture {ids[0]}: its original is not there" in str(found.value)
    assert f"picture {ids[1]}: its original has other bytes" in str(found.value)
    for path, content in zip(paths, contents, strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    store.notice()
    assert "Everything agrees" in stored_away.manage("check_integrity", "--deep")


@pytest.mark.fault
def test_while_the_store_is_away_nothing_is_written_and_the_refusal_says_so(alice, stored_away, store):
    picture = upload(alice, pictures.png(500, 400, seed=11)).json()
    usage = alice.get("/api/profile/").json()["usage"]
    alice.put("/api/profile/avatar/", files={"avatar": ("me.png", pictures.png())})
    store.line.cut(0)
    answers = [
        alice.get("/api/profile/avatar/"),
        upload(alice, pictures.png(500, 400, seed=12)),
        httpx.get(picture["original"], timeout=30),
        httpx.get(picture["thumbnails"][0]["url"], timeout=30),
        alice.put("/api/profile/avatar/", files={"avatar": ("me.png", pictures.png())}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"] == "application/problem+json"
    store.line.mend()
    assert alice.get("/api/profile/").json()["usage"] == usage
    assert [one["id"] for one in alice.get("/api/pictures/").json()["results"]] == [picture["id"]]
    assert httpx.get(picture["original"]).status_code == 200
    assert upload(alice, pictures.png(500, 400, seed=12)).status_code == 201
    assert temporary_files(stored_away) == []


@pytest.mark.fault
def test_a_put_that_is_cut_in_its_middle_leaves_no_row_and_nothing_torn(alice, stored_away, store):
    content = noisy(13)
    sha256 = hashlib.sha256(content).hexdigest()
    broken = store.line.broken
    store.line.cut(400_000)
    refused = upload(alice, content)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert store.line.broken > broken
    store.line.mend()
    # The thumbnails were whole by then; of the original there is nothing.
    assert [name for name in store.names("originals") if sha256 in name] == []
    assert alice.get("/api/pictures/").json()["results"] == []
    assert temporary_files(stored_away) == []
    assert "Everything agrees" in stored_away.manage("check_integrity", "--deep")
    again = upload(alice, content)
    assert again.status_code == 201
    assert httpx.get(again.json()["original"]).content == content
