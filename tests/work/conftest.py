"""A server with its worker, pictures that are elsewhere, and waiting for a task to end."""

import functools
import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.server import Server

ENDED = ("succeeded", "failed", "cancelled")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Not into the tests' output."""


class Elsewhere:
    """Another server, which has some pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        handler = functools.partial(Quiet, directory=folder)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.pair = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, name: str, content: bytes) -> str:
        """Answers the file's address."""
        (self.folder / name).write_bytes(content)
        return f"http://{self.pair}/{name}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    site = Elsewhere(tmp_path_factory.mktemp("elsewhere") / "files")
    yield site
    site.stop()


@pytest.fixture(scope="session")
def working_server(tmp_path_factory: pytest.TempPathFactory, elsewhere: Elsewhere) -> Iterator[Server]:
    """A server with its worker, which may fetch from `elsewhere`."""
    server = Server(tmp_path_factory.mktemp("working"), ALBUMEN_WORKERS="1", ALBUMEN_REMOTE_ALLOW=elsewhere.pair)
    server.start()
    yield server
    server.stop()


def use_plan(server: Server, client: Any, name: str) -> None:
    """What an administrator would do."""
    server.sql(
        "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = ?) WHERE id = ?",
        name,
        client.user["id"],
    )


def upload(client: httpx.Client, seed: int = 1, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/pictures/", files={"image": ("photo.jpg", pictures.jpeg(seed=seed))}, data=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def ended(client: httpx.Client, started: httpx.Response, seconds: float = 90) -> dict[str, Any]:
    """The task that this answer has started, once it has ended."""
    assert started.status_code == 202, started.text
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        task = client.get(f"/api/tasks/{started.json()['id']}/").json()
        if task["status"] in ENDED:
            return task
        time.sleep(0.1)
    raise AssertionError(f"It did not end: {task}")
