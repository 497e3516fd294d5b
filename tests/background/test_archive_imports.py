"""Importing an archive that an export has made, and refusing all that is none."""

import hashlib
import io
import json
import os
import struct
import time
import warnings
import zipfile
from typing import Any

import httpx
import pytest
from django.core.management import call_command

from tests import pictures
from tests.background.conftest import ended, upload, use_plan
from tests.http.problems import refused
from tests.remote_site import Elsewhere
from tests.server import Server


def exported(client: httpx.Client, path: str = "/api/profile/export/") -> bytes:
    return httpx.get(ended(client, client.post(path))["result"]["url"]).content


ADDRESS = "/api/pictures/import/archive/"


def send(client: Any, archive: bytes, to: str = ADDRESS, **fields: Any) -> httpx.Response:
    return client.post(to, files={"archive": ("albumen.zip", archive)}, data=fields)


def imported(client: httpx.Client, archive: bytes, to: str = ADDRESS, **fields: Any) -> dict[str, Any]:
    task = ended(client, send(client, archive, to, **fields))
    assert task["status"] == "succeeded", task
    return task["result"]


def every(client: httpx.Client, path: str = "/api/pictures/") -> list[dict[str, Any]]:
    return client.get(path, params={"ordering": "position" if "albums" in path else "created_at"}).json()["results"]


def packed(*contents: bytes, changes: dict[str, Any] | None = None, **entry: Any) -> dict[str, bytes]:
    """The files of a small archive as an export makes it."""
    files = {f"{number}.jpg": content for number, content in enumerate(contents, start=1)}
    entries = [
        {"file": name, "id": number, "name": name, "sha256": hashlib.sha256(content).hexdigest(), **entry}
        for number, (name, content) in enumerate(files.items(), start=1)
    ]
    return {"manifest.json": json.dumps({"version": 1, "pictures": entries, **(changes or {})}).encode(), **files}


def rows(files: dict[str, bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files["manifest.json"])["pictures"]
    return found


def zipped(files: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_an_account_comes_back_with_its_names_descriptions_and_albums(
    working_server: Server, elsewhere: Elsewhere
) -> None:
    alice, bob = working_server.register("alice"), working_server.register("bob")
    use_plan(working_server, alice, "Enterprise")
    use_plan(working_server, bob, "Enterprise")
    made = [upload(alice, seed=seed, name=f"Bild {seed} 🩷", description="Zwei\nZeilen") for seed in (1, 2, 3)]
    link = elsewhere.put("linked.jpg", pictures.jpeg(seed=4))
    alice.post("/api/pictures/", json={"image_url": link, "name": "Linked"})
    album = alice.post("/api/albums/", json={"name": "Reise", "description": "2024", "visibility": "public"}).json()
    order = [made[2]["id"], made[0]["id"]]
    alice.post(f"/api/albums/{album['id']}/pictures/", json={"pictures": order})
    archive = exported(alice)

    result = imported(bob, archive)

    assert result == {"pictures": 4, "existing": 0, "refused": 0, "refusals": [], "albums": 1}
    for mine, theirs in zip(every(bob), every(alice), strict=True):
        fields = ("name", "description", "source", "image_url", "sha256", "bytes", "width", "height", "taken_at")
        assert {name: mine[name] for name in fields} == {name: theirs[name] for name in fields}
        if mine["original"]:
            assert httpx.get(mine["original"]).content == httpx.get(theirs["original"]).content
    [again] = bob.get("/api/albums/").json()["results"]
    assert (again["name"], again["description"], again["visibility"]) == ("Reise", "2024", "private")
    listed = every(bob, f"/api/albums/{again['id']}/pictures/")
    assert [picture["sha256"] for picture in listed] == [made[2]["sha256"], made[0]["sha256"]]
    assert [path for path in (working_server.data_dir / "media/imports").rglob("*") if path.is_file()] == []

    for person in (bob, alice):
        before = every(person)
        twice = imported(person, archive)
        assert twice == {"pictures": 0, "existing": 4, "refused": 0, "refusals": [], "albums": 1}
        assert [picture["id"] for picture in every(person)] == [picture["id"] for picture in before]
        assert [one["picture_count"] for one in person.get("/api/albums/").json()["results"]] == [2]


def test_what_was_deleted_comes_back_and_two_of_the_same_are_two(working_server: Server) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Enterprise")
    first, second = (upload(alice, seed=7, name="Twin") for _ in range(2))
    archive = exported(alice)
    alice.delete(f"/api/pictures/{first['id']}/")
    result = imported(alice, archive)
    assert (result["pictures"], result["existing"]) == (1, 1)
    ids = [picture["id"] for picture in every(alice)]
    assert ids[0] == second["id"]
    assert len(ids) == 2


def test_an_album_s_archive_makes_the_album_again_or_fills_the_one_that_is_named(working_server: Server) -> None:
    alice, bob = working_server.register("alice"), working_server.register("bob")
    use_plan(working_server, alice, "Basic")
    album = alice.post("/api/albums/", json={"name": "Small", "visibility": "public"}).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", files={"image": ("x.jpg", pictures.jpeg(500, 400))})
    archive = exported(bob, f"/api/albums/{album}/export/")
    named = bob.post("/api/albums/", json={"name": "Mine"}).json()["id"]
    assert imported(bob, archive, "/api/pictures/import/", album=named)["albums"] == 1
    assert [one["name"] for one in bob.get("/api/albums/").json()["results"]] == ["Mine"]
    assert [(one["name"], one["height"]) for one in every(bob, f"/api/albums/{named}/pictures/")] == [("x.jpg", 200)]
    assert imported(bob, archive)["existing"] == 1
    assert sorted(one["name"] for one in bob.get("/api/albums/").json()["results"]) == ["Mine", "Small"]


def test_each_picture_is_taken_or_refused_by_itself(working_server: Server) -> None:
    alice = working_server.register("alice")
    good, cut = pictures.jpeg(seed=11), pictures.jpeg(seed=12)[:-300]
    inner = zipped({"a.jpg": good})
    files = packed(good, cut, b"no picture", inner, pictures.jpeg(seed=13))
    files["5.jpg"] = pictures.jpeg(seed=14)
    result = imported(alice, zipped(files, zipfile.ZIP_DEFLATED))
    assert (result["pictures"], result["refused"]) == (1, 4)
    codes = [(one["name"], one["error"]["code"]) for one in result["refusals"]]
    assert codes == [
        ("2.jpg", "truncated"),
        ("3.jpg", "not_an_image"),
        ("4.jpg", "not_an_image"),
        ("5.jpg", "damaged_entry"),
    ]


def test_names_that_lead_out_of_the_archive_lead_nowhere(working_server: Server) -> None:
    alice = working_server.register("alice")
    content = pictures.jpeg(seed=21)
    row = {"file": "../../../evil.jpg", "id": 1, "name": "../../x/evil.jpg"}
    row["sha256"] = hashlib.sha256(content).hexdigest()
    files = {"manifest.json": json.dumps({"pictures": [row]}).encode(), "../../../evil.jpg": content}
    assert imported(alice, zipped(files))["pictures"] == 1
    assert not list(working_server.data_dir.parent.parent.rglob("evil.jpg"))


def test_limits_of_the_plan_hold(working_server: Server) -> None:
    alice = working_server.register("alice")
    contents = [pictures.jpeg(seed=seed) for seed in (31, 32)]
    working_server.sql(
        "INSERT INTO plans_plan (name, thumbnail_heights, original, expiring_links, max_upload_bytes, quota_bytes,"
        " is_default) SELECT 'Tight', '[200]', TRUE, FALSE, ?, ?, FALSE FROM plans_plan LIMIT 1",
        max(map(len, contents)),
        sum(map(len, contents)) - 1,
    )
    use_plan(working_server, alice, "Tight")
    refused(send(alice, zipped(packed(*contents))), 403, "quota_exceeded", "/archive")
    large = pictures.jpeg(500, 400, seed=33)
    result = imported(alice, zipped(packed(contents[0], large[: sum(map(len, contents)) - len(contents[0]) - 1])))
    assert result["pictures"] == 1
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": len(contents[0]), "pictures": 1}
    # What is there already needs no room.
    assert imported(alice, zipped(packed(contents[0])))["existing"] == 1


def test_a_key_imports_once(working_server: Server) -> None:
    alice = working_server.register("alice")
    archive = {"archive": ("a.zip", zipped(packed(pictures.jpeg(seed=41))))}
    first, second = (
        alice.post("/api/pictures/import/", files=archive, headers={"Idempotency-Key": "once"}) for _ in range(2)
    )
    assert first.json()["id"] == second.json()["id"]
    ended(alice, first)


JPEG = pictures.jpeg(40, 30)


def encrypted() -> bytes:
    content = bytearray(zipped(packed(JPEG)))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    return bytes(content)


def overlapping() -> bytes:
    """Every entry of the directory leads to the bytes of the same one."""
    size, entries = 200_000, 50
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, size, size, 1, 0) + b"a" + bytes(size)
    directory = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, size, size, 2, 0, 0, 0, 0, 0, 0)
        + bytes([65 + number // 26, 97 + number % 26])
        for number in range(entries)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries, entries, len(directory), len(local), 0)
    return local + directory + end


def with_huge_directory() -> bytes:
    """An end that tells of a directory of 3 GB."""
    content = bytearray(zipped(packed(JPEG)))
    content[-10:-6] = struct.pack("<I", 3_000_000_000)
    return bytes(content)


def manifest(**changes: Any) -> bytes:
    return zipped(packed(JPEG, **changes))


# Made when they are asked for: some take a second.
HOSTILE = {
    "nothing": lambda: b"PK\x05\x06" + bytes(18),
    "no archive": lambda: JPEG,
    "cut": lambda: zipped(packed(JPEG))[:-30],
    "without a manifest": lambda: zipped({"1.jpg": JPEG}),
    "encrypted": encrypted,
    "doubled": lambda: zipped([*packed(JPEG).items(), ("1.jpg", JPEG)]),
    "overlapping": overlapping,
    "a directory that is too large": with_huge_directory,
    "a bomb": lambda: zipped({**packed(JPEG), "bomb": bytes(60_000_000)}, zipfile.ZIP_DEFLATED),
    "compressed otherwise": lambda: zipped(packed(JPEG), zipfile.ZIP_LZMA),
    "too many entries": lambda: zipped({**packed(JPEG), **{f"e/{number}": b"" for number in range(20_200)}}),
    "a manifest that is no JSON": lambda: zipped({"manifest.json": b"{", "1.jpg": JPEG}),
    "a manifest that is a list": lambda: zipped({"manifest.json": b"[]", "1.jpg": JPEG}),
    "a manifest without pictures": lambda: zipped({"manifest.json": b"{}", "1.jpg": JPEG}),
    "pictures that are none": lambda: manifest(changes={"pictures": [1]}),
    "a file that is not there": lambda: manifest(file="2.jpg"),
    "a file that is named twice": lambda: manifest(changes={"pictures": 2 * rows(packed(JPEG))}),
    "a name that is none": lambda: manifest(name=5),
    "a sha256 that is none": lambda: manifest(sha256="../../etc/passwd"),
    "an id that is none": lambda: manifest(id="1"),
    "a version that is not known": lambda: manifest(changes={"version": 2}),
    "an album that is none": lambda: manifest(changes={"album": 1}),
    "albums that are none": lambda: zipped({**packed(JPEG), "albums.json": b'{"albums": [{"pictures": 3}]}'}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_sound_archive_is_refused_at_once(alice: Any, tmp_path: Any, kind: str) -> None:
    file = io.BytesIO(HOSTILE[kind]())
    file.name = "a.zip"
    answer = alice.post("/api/pictures/import/", {"archive": file}, format="multipart")
    refused(answer, 400, "invalid_archive", "/archive")
    assert alice.get("/api/tasks/").json()["results"] == []
    assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


def test_an_archive_is_kept_while_it_is_needed_and_swept_after_a_day(alice: Any, tmp_path: Any) -> None:
    file = io.BytesIO(zipped(packed(JPEG)))
    file.name = "a.zip"
    task = alice.post("/api/pictures/import/", {"archive": file}, format="multipart").json()["id"]
    [kept] = [path for path in (tmp_path / "media/imports").rglob("*") if path.is_file()]
    os.utime(kept, (time.time() - 90_000,) * 2)
    call_command("sweep")
    assert kept.exists()
    alice.post(f"/api/tasks/{task}/cancel/")
    call_command("sweep")
    assert not kept.exists()


def test_a_damaged_manifest_is_refused(alice: Any) -> None:
    content = bytearray(zipped(packed(JPEG)))
    at = content.index(b'{"version"')
    content[at + 3] ^= 1
    file = io.BytesIO(content)
    file.name = "a.zip"
    refused(alice.post("/api/pictures/import/", {"archive": file}, format="multipart"), 400, "damaged_entry")


def test_one_archive_at_a_time_and_none_that_is_too_large(alice: Any, settings: Any) -> None:
    def again() -> Any:
        file = io.BytesIO(zipped(packed(JPEG)))
        file.name = "a.zip"
        return alice.post("/api/pictures/import/", {"archive": file}, format="multipart")

    assert again().status_code == 202
    refused(again(), 429, "rate_limited")
    settings.IMPORT_ARCHIVE_BYTES = 100
    refused(again(), 413, "too_large")
