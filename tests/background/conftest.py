"""A server with its worker, and waiting for a task to end."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.remote_site import Elsewhere
from tests.server import Server

ENDED = ("succeeded", "failed", "cancelled")


@pytest.fixture(scope="session")
def working_server(tmp_path_factory: pytest.TempPathFactory, elsewhere: Elsewhere) -> Iterator[Server]:
    """A server with its worker, which may fetch from `elsewhere`."""
    server = Server(tmp_path_factory.mktemp("working"), ALBUMEN_WORKERS="1", ALBUMEN_REMOTE_ALLOW=elsewhere.pair)
    server.start()
    yield server
    server.stop()


def use_plan(server: Server, client: Any, name: str) -> None:
    """Give a user one of the plans, by its name."""
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
    """Wait until the task that this answer has started has ended, and return it."""
    assert started.status_code in (200, 202), started.text
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        task = client.get(f"/api/tasks/{started.json()['id']}/").json()
        if task["status"] in ENDED:
            return task
        time.sleep(0.1)
    raise AssertionError(f"It did not end: {task}")
