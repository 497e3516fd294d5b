"""A server and the worker that it watches: from the request to the end of the task, and what is left of a kill."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.conftest import Works


@pytest.fixture(scope="module")
def serving(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    data_dir = tmp_path_factory.mktemp("serving") / "data"
    shutil.copytree(migrated, data_dir)
    works = Works(data_dir, ALBUMEN_WORKERS="1")
    works.start()
    yield works
    works.close()


@pytest.mark.fault
def test_what_kills_its_worker_three_times_is_given_up_and_each_worker_is_replaced(serving):
    found = serving.wait(serving.ask("die"), status="failed")
    assert (found["attempts"], found["error"]["code"]) == (3, "worker_lost")
    serving.wait(serving.ask("count", steps=1))


def test_a_task_is_followed_cancelled_and_tried_again_and_its_worker_ends_with_the_server(serving):
    alice = serving.register("alice")
    task = serving.ask("count", owner=alice.user["id"], steps=8, pause=0.3)
    serving.wait(task, status="running", done=2)
    assert alice.post(f"/api/tasks/{task}/cancel/").status_code == 200
    assert serving.wait(task, status="cancelled")["done"] < 8
    assert alice.post(f"/api/tasks/{task}/retry/").json()["status"] == "queued"
    pid = serving.wait(task)["checkpoint"]["pid"]
    assert serving.effects(task) == [f"{task} step {number}" for number in range(8)]
    assert alice.get(f"/api/tasks/{task}/").json()["result"] == {"steps": 8}
    assert serving.stop(signal.SIGTERM) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
