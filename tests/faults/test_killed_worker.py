"""A worker that is killed with -9 at a random moment: the task ends all the same, and its effect is there once."""

import hashlib
import io
import os
import random
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.background.conftest import ended, use_plan
from tests.faults.rounds import LONG, ROUNDS
from tests.remote_site import Elsewhere
from tests.server import Server

pytestmark = pytest.mark.fault
PICTURES = 200 if LONG else 40


def worker_of(server: Server) -> int:
    """The id of the worker process that this server has started."""
    assert server.process is not None
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == server.process.pid and b"\0worker" in command:
                return int(folder.name)
        time.sleep(0.05)
    raise AssertionError("There is no worker.")


def column(server: Server, task: dict[str, Any], name: str) -> str:
    ((value,),) = server.sql(f"SELECT {name} FROM tasks_task WHERE id = ?", task["id"])  # noqa: S608
    return str(value)


def interrupted(server: Server, client: httpx.Client, start: Callable[[], httpx.Response]) -> Iterator[dict[str, Any]]:
    """Tasks that ended after their worker was killed in the middle of them, at moments that differ: first one runs
    undisturbed, to learn how long that takes."""
    calm = ended(client, start())
    began, done = (datetime.fromisoformat(calm[name]) for name in ("started_at", "finished_at"))
    whole = (done - began).total_seconds()
    hits = 0
    for _ in range(40 * ROUNDS):
        worker = worker_of(server)
        started = start()
        while column(server, started.json(), "status") == "queued":
            pass
        time.sleep(random.uniform(0, whole))
        if column(server, started.json(), "status") == "running":
            os.kill(worker, signal.SIGKILL)
        task = ended(client, started, seconds=120)
        assert task["status"] == "succeeded", task
        hits += int(column(server, task, "attempts")) > 1
        yield task
        if hits == ROUNDS:
            return
    raise AssertionError(f"Only {hits} of {40 * ROUNDS} kills were in time.")


@pytest.fixture
def server(own_server: Server, elsewhere: Elsewhere) -> Server:
    own_server.env |= {"ALBUMEN_WORKERS": "1", "ALBUMEN_REMOTE_ALLOW": elsewhere.pair}
    if not LONG:
        own_server.env["DJANGO_SETTINGS_MODULE"] = "tests.faults.settings"
    own_server.start()
    return own_server


def test_an_import_ends_and_each_picture_exists_once(server: Server, elsewhere: Elsewhere) -> None:
    urls = [elsewhere.put(f"killed-{seed}.jpg", pictures.jpeg(200, 150, seed=seed)) for seed in range(PICTURES)]
    alice = server.register("alice")
    use_plan(server, alice, "Enterprise")
    made = 0
    for task in interrupted(server, alice, lambda: alice.post("/api/pictures/import/", json={"urls": urls})):
        results = task["result"]["results"]
        assert [result["url"] for result in results] == urls
        rows = server.sql("SELECT id FROM library_picture WHERE owner_id = ? ORDER BY id", alice.user["id"])
        # The first one, which nobody disturbed, made as many.
        made = made or len(rows) - PICTURES
        assert [(result["picture"],) for result in results] == rows[made:]
        assert len(rows) == made + PICTURES
        made = len(rows)
    assert "Everything agrees" in server.manage("check_integrity")


def test_an_archive_is_imported_and_each_picture_exists_once(server: Server) -> None:
    alice = server.register("alice")
    use_plan(server, alice, "Enterprise")
    hashes = []
    for seed in range(PICTURES):
        content = pictures.png(300, 200, seed=seed)
        assert alice.post("/api/pictures/", files={"image": ("photo.png", content)}).status_code == 201
        hashes.append(hashlib.sha256(content).hexdigest())
    url = ended(alice, alice.post("/api/profile/export/"))["result"]["url"]
    archive = httpx.get(url).content

    def start() -> httpx.Response:
        for (picture_id,) in server.sql("SELECT id FROM library_picture WHERE owner_id = ?", alice.user["id"]):
            alice.delete(f"/api/pictures/{picture_id}/")
            alice.delete(f"/api/trash/{picture_id}/")
        return alice.post("/api/pictures/import/", files={"archive": ("a.zip", archive)})

    for task in interrupted(server, alice, start):
        found = server.sql("SELECT sha256 FROM library_picture WHERE owner_id = ? ORDER BY id", alice.user["id"])
        assert [sha256 for (sha256,) in found] == hashes
        assert (task["result"]["pictures"], task["result"]["refused"]) == (PICTURES, 0)
    assert not [path for path in (server.data_dir / "media/imports").rglob("*") if path.is_file()]
    assert "Everything agrees" in server.manage("check_integrity")


def test_an_export_ends_and_its_archive_is_whole(server: Server) -> None:
    alice = server.register("alice")
    use_plan(server, alice, "Enterprise")
    hashes = set()
    for seed in range(PICTURES):
        content = pictures.png(300, 200, seed=seed)
        assert alice.post("/api/pictures/", files={"image": ("photo.png", content)}).status_code == 201
        hashes.add(hashlib.sha256(content).hexdigest())
    for task in interrupted(server, alice, lambda: alice.post("/api/profile/export/")):
        archive = zipfile.ZipFile(io.BytesIO(httpx.get(task["result"]["url"]).content))
        assert archive.testzip() is None
        names = [name for name in archive.namelist() if not name.endswith(".json")]
        assert {hashlib.sha256(archive.read(name)).hexdigest() for name in names} == hashes
        assert len(names) == PICTURES
        # A day passes: nobody may have more than a few archives at a time.
        server.sql("UPDATE tasks_task SET finished_at = '2026-01-01 00:00:00' WHERE id = ?", task["id"])
    assert not list((server.data_dir / "media" / "incoming").glob("export-*"))
    assert "Everything agrees" in server.manage("check_integrity")
