"""Exporting an album, or everything, as a ZIP."""

import hashlib
import io
import json
import os
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from albumen.tasks.models import Status, Task, TaskKind
from tests import pictures
from tests.background.conftest import ended, upload, use_plan
from tests.http.library.test_at_once import at_once
from tests.http.problems import refused
from tests.server import Server


def opened(client: Any, task: dict[str, Any]) -> tuple[zipfile.ZipFile, list[dict[str, Any]]]:
    """The archive and its manifest, by the address alone."""
    assert task["status"] == "succeeded", task
    answer = httpx.get(task["result"]["url"])
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(answer.content) == task["result"]["bytes"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("manifest.json"))["pictures"]


DOCUMENTS = {f"{name}.json" for name in ("manifest", "profile", "albums", "links", "organizations", "sessions")}


def packed(archive: zipfile.ZipFile) -> list[str]:
    """The pictures in an account's archive, beside what is always there."""
    names = set(archive.namelist())
    assert names >= DOCUMENTS
    return sorted(names - DOCUMENTS)


def test_an_export_holds_every_picture_under_a_name_of_its_own(working_server: Server) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Enterprise")
    made = [upload(alice, seed=number, name="Tree") for number in (1, 2)] + [upload(alice, seed=3, name="a/b:c")]

    task = ended(alice, alice.post("/api/profile/export/"))

    archive, manifest = opened(alice, task)
    assert packed(archive) == ["Tree (2).jpg", "Tree.jpg", "a_b_c.jpg"]
    assert [entry["id"] for entry in manifest] == [picture["id"] for picture in made]
    for entry, picture in zip(manifest, made, strict=True):
        assert hashlib.sha256(archive.read(entry["file"])).hexdigest() == picture["sha256"] == entry["sha256"]
    assert (task["done"], task["total"], task["result"]["pictures"]) == (3, 3, 3)


def test_what_others_own_comes_without_private_metadata(working_server: Server) -> None:
    alice, bob = working_server.register("alice"), working_server.register("bob")
    use_plan(working_server, alice, "Enterprise")
    album = alice.post("/api/albums/", json={"name": "Open", "visibility": "public"}).json()["id"]
    content = pictures.with_gps()
    alice.post(f"/api/albums/{album}/pictures/", files={"image": ("x.jpg", content)})

    archive, manifest = opened(bob, ended(bob, bob.post(f"/api/albums/{album}/export/")))
    shared = archive.read(manifest[0]["file"])
    assert b"SecretMaker" not in shared
    assert pictures.opened(shared).size == (400, 300)

    archive, manifest = opened(alice, ended(alice, alice.post(f"/api/albums/{album}/export/")))
    assert archive.read(manifest[0]["file"]) == content


def test_an_album_follows_the_plan_and_its_manifest_describes_what_is_there(working_server: Server) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Basic")
    album = alice.post("/api/albums/", json={"name": "Small", "description": "Here"}).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", files={"image": ("x.jpg", pictures.jpeg(500, 400))})
    alice.post(f"/api/albums/{album}/pictures/", files={"image": ("y.jpg", pictures.jpeg(50, 40))})
    archive, manifest = opened(alice, ended(alice, alice.post(f"/api/albums/{album}/export/")))
    assert json.loads(archive.read("manifest.json"))["album"] == {"id": album, "name": "Small", "description": "Here"}
    assert [(entry["width"], entry["height"]) for entry in manifest] == [(250, 200), (50, 40)]
    for entry in manifest:
        content = archive.read(entry["file"])
        image = pictures.opened(content)
        assert (image.size, image.format.lower()) == ((entry["width"], entry["height"]), entry["format"])
        assert entry["file"].endswith(".webp")
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_an_account_has_its_originals_whatever_the_plan_and_all_its_data(working_server: Server) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Enterprise")
    content = pictures.with_gps()
    made = alice.post(
        "/api/pictures/", files={"image": ("a.jpg", content)}, data={"name": "Ёлка", "description": "Two\nlines"}
    ).json()
    alice.put("/api/profile/avatar/", files={"avatar": ("me.png", pictures.png())})
    album = alice.post("/api/albums/", json={"name": "Мой"}).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", json={"pictures": [made["id"]]})
    link = alice.post(f"/api/pictures/{made['id']}/links/", json={"expiring_time_seconds": 300, "height": 200}).json()
    team = alice.post("/api/organizations/", json={"name": "Team"}).json()["id"]
    use_plan(working_server, alice, "Basic")

    archive, [entry] = opened(alice, ended(alice, alice.post("/api/profile/export/")))

    assert archive.read(entry["file"]) == content
    assert entry["file"] == "Ёлка.jpg"
    expected = ("id", "name", "description", "format", "width", "height", "bytes", "sha256", "taken_at", "created_at")
    assert {name: entry[name] for name in expected} == {name: made[name] for name in expected}
    assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    documents = {name: json.loads(archive.read(name)) for name in DOCUMENTS}
    assert documents["profile.json"]["email"] == alice.email
    assert [(one["id"], one["pictures"]) for one in documents["albums.json"]["albums"]] == [(album, [made["id"]])]
    assert [(one["id"], one["picture"]) for one in documents["links.json"]["links"]] == [(link["id"], made["id"])]
    assert [(one["id"], one["role"]) for one in documents["organizations.json"]["organizations"]] == [(team, "owner")]
    assert documents["sessions.json"]["sessions"][0]["user_agent"].startswith("python-httpx")
    assert pictures.opened(archive.read("avatar.webp")).width == 200


def test_an_account_s_archive_holds_no_secret(working_server: Server) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Enterprise")
    made = upload(alice, expiring_time_seconds=300)
    archive, _ = opened(alice, ended(alice, alice.post("/api/profile/export/")))
    [(password,)] = working_server.sql("SELECT password FROM accounts_user WHERE id = ?", alice.user["id"])
    hashes = working_server.sql("SELECT refresh_hash FROM accounts_session WHERE user_id = ?", alice.user["id"])
    secrets = [
        str(password),
        *(str(one) for (one,) in hashes),
        made["expiring_link"]["url"].rstrip("/").rpartition("/")[2],
    ]
    secrets.append(alice.headers["Authorization"].removeprefix("Bearer "))
    for name in archive.namelist():
        assert not any(secret.encode() in archive.read(name) for secret in secrets)


def test_an_export_goes_on_without_bytes_that_are_gone(working_server: Server) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Enterprise")
    gone, kept = upload(alice, seed=71, name="Gone"), upload(alice, seed=72, name="Kept")
    (original,) = working_server.data_dir.glob(f"media/originals/*/{gone['sha256']}")
    original.unlink()

    task = ended(alice, alice.post("/api/profile/export/"))

    archive, manifest = opened(alice, task)
    assert [entry["file"] for entry in manifest] == [None, "Kept.jpg"]
    assert packed(archive) == ["Kept.jpg"]
    assert task["result"]["pictures"] == 1
    assert kept["id"] == manifest[1]["id"]


def test_an_empty_export_is_an_archive_with_an_empty_manifest(working_server: Server) -> None:
    alice = working_server.register("alice")
    archive, manifest = opened(alice, ended(alice, alice.post("/api/profile/export/")))
    assert packed(archive) == []
    assert manifest == []


def test_the_address_ends_and_cannot_be_forged(working_server: Server) -> None:
    alice = working_server.register("alice")
    url = ended(alice, alice.post("/api/profile/export/"))["result"]["url"]
    head, _, mac = url.rpartition("/")
    base, _, expires = head.rpartition("/")
    assert alice.get(f"{head}/{'A' * len(mac)}").status_code == 404
    assert alice.get(f"{base}/{int(expires) + 1}/{mac}").status_code == 404
    working_server.sql("UPDATE accounts_user SET is_active = FALSE WHERE id = ?", alice.user["id"])
    answer = alice.get(url)
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (410, "export_expired")


@dataclass
class Midway:
    """Bob's album in Alice's organization, with a picture of his and two of hers behind it, while he exports it."""

    alice: httpx.Client
    bob: httpx.Client
    organization: int
    album: str
    first: int

    @property
    def member(self) -> str:
        return f"/api/organizations/{self.organization}/members/{self.bob.user['id']}/"


ENDINGS: dict[str, tuple[Callable[[Midway], httpx.Response], str | None]] = {
    "a picture is taken out": (lambda it: it.alice.delete(f"{it.album}pictures/{it.first}/"), None),
    "a picture is deleted": (lambda it: it.alice.delete(f"/api/pictures/{it.first}/"), None),
    "the album leaves": (lambda it: it.bob.patch(it.album, json={"organization": None}), "export_ended"),
    "the album is deleted": (lambda it: it.alice.delete(it.album), "not_found"),
    "its maker is removed": (lambda it: it.alice.delete(it.member), "not_found"),
}


@pytest.mark.parametrize("way", ENDINGS)
def test_an_export_packs_nothing_more_once_the_right_has_ended(working_server: Server, way: str) -> None:
    alice, bob = working_server.register("alice"), working_server.register("bob")
    use_plan(working_server, bob, "Enterprise")
    organization = alice.post("/api/organizations/", json={"name": "Studio"}).json()["id"]
    body = {"user": bob.user["id"], "role": "editor"}
    invited = alice.post(f"/api/organizations/{organization}/invitations/", json=body).json()["id"]
    assert bob.post(f"/api/invitations/{invited}/accept/").status_code == 200
    shown = {"name": "Plans", "organization": organization, "visibility": "organization"}
    album = bob.post("/api/albums/", json=shown).json()["id"]
    # A picture of no other test, because its file is about to be replaced.
    his = upload(bob, seed=500 + list(ENDINGS).index(way), name="His", album=album)
    first, second = (upload(alice, seed=number, name="Hers", album=album)["id"] for number in (1, 2))
    it = Midway(alice, bob, organization, f"/api/albums/{album}/", first)
    end, code = ENDINGS[way]
    (original,) = working_server.data_dir.glob(f"media/originals/*/{his['sha256']}")
    whole = original.read_bytes()
    original.unlink()
    # Whoever opens a pipe to read it waits for who writes to it: the export stops at the first picture.
    os.mkfifo(original)
    started = bob.post(f"{it.album}export/")
    with opened_to_write(original) as pipe:
        original.unlink()
        original.write_bytes(whole)
        assert end(it).status_code in (200, 204)
        pipe.write(whole)
    task = ended(bob, started)
    if code is None:
        _, manifest = opened(bob, task)
        assert [entry["id"] for entry in manifest] == [his["id"], second]
    else:
        assert (task["status"], task["error"]["code"], task["result"]) == ("failed", code, None)
        assert not list(working_server.data_dir.glob(f"media/exports/*/{task['id']}.zip"))
    assert not list(working_server.data_dir.rglob(f"export-{task['id']}-*"))


def opened_to_write(pipe: Path) -> IO[bytes]:
    """Wait until somebody reads the pipe, and open it."""
    deadline = time.monotonic() + 90
    while True:
        try:
            number = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < deadline, "Nobody reads it."
            time.sleep(0.05)
        else:
            os.set_blocking(number, True)
            return os.fdopen(number, "wb")


@pytest.mark.parametrize("path", ["/api/albums/{hidden}/export/", "/api/albums/999999/export/"])
def test_a_hidden_album_is_not_exported(alice: Any, charlie: Any, path: str) -> None:
    hidden = alice.post("/api/albums/", {"name": "Mine"}).json()["id"]
    assert charlie.post(path.format(hidden=hidden)).status_code == 404


def test_nobody_fills_the_disk_with_archives(working_server: Server) -> None:
    alice = working_server.register("alice")
    first = ended(alice, alice.post("/api/profile/export/"))
    names = (
        "kind, owner_id, arguments, status, done, attempts, cancel_requested, not_before, checkpoint, created_at,"
        " finished_at"
    )
    for _ in range(8):
        working_server.sql(
            f"INSERT INTO tasks_task ({names}) SELECT {names} FROM tasks_task WHERE id = ?",  # noqa: S608
            first["id"],
        )
    last = ended(alice, alice.post("/api/profile/export/"))
    answer = alice.post("/api/profile/export/")
    refused(answer, 429, "rate_limited")
    # Nor by trying one again that was cancelled before it was packed.
    values = (
        "kind, owner_id, arguments, 'cancelled', 0, attempts, cancel_requested, not_before, checkpoint, created_at,"
    )
    [(again,)] = working_server.sql(
        f"INSERT INTO tasks_task ({names}) SELECT {values} finished_at FROM tasks_task WHERE id = ? RETURNING id",  # noqa: S608
        last["id"],
    )
    task = ended(alice, alice.post(f"/api/tasks/{again}/retry/"))
    assert (task["status"], task["error"]["code"]) == ("failed", "rate_limited")
    assert 86_000 < int(answer.headers["Retry-After"]) <= 86_400
    assert httpx.get(first["result"]["url"]).status_code == 200
    working_server.sql("UPDATE tasks_task SET finished_at = '2026-01-01' WHERE id = ?", last["id"])
    assert alice.post("/api/profile/export/").status_code == 202


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a database with writers at once")
def test_of_ten_exports_at_once_the_last_place_is_for_one(committed: None, alice: Any) -> None:
    now = timezone.now()
    kept = Task(kind=TaskKind.EXPORT_PICTURES, owner_id=alice.id, status=Status.SUCCEEDED, finished_at=now)
    Task.objects.bulk_create([copy(kept) for _ in range(9)])

    def ask(_: int) -> Any:
        try:
            return alice.post("/api/profile/export/")
        finally:
            connection.close()

    answers = at_once(10, ask)

    assert Counter(answer.status_code for answer in answers) == {202: 1, 429: 9}
    for answer in answers:
        if answer.status_code == 429:
            assert "10 archives" in refused(answer, 429, "rate_limited")["detail"]


def test_nobody_fills_the_queue_by_asking_often_at_once(own_server: Server) -> None:
    own_server.start()
    alice = own_server.register("alice")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: alice.post("/api/profile/export/").status_code, range(36)))
    assert Counter(answers) == {202: 10, 429: 26}


def test_nobody_fills_the_queue(alice: Any) -> None:
    answers = [alice.post("/api/profile/export/") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    refused(answers[-1], 429, "rate_limited")
    assert alice.post(f"/api/tasks/{answers[0].json()['id']}/cancel/").json()["status"] == "cancelled"
    assert alice.post("/api/profile/export/").status_code == 202


def test_nobody_fills_the_queue_by_trying_again(alice: Any) -> None:
    first = alice.post("/api/profile/export/").json()["id"]
    alice.post(f"/api/tasks/{first}/cancel/")
    for _ in range(10):
        alice.post("/api/profile/export/")
    refused(alice.post(f"/api/tasks/{first}/retry/"), 429, "rate_limited")
    assert alice.get(f"/api/tasks/{first}/").json()["status"] == "cancelled"
