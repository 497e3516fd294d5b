"""Tasks over HTTP: who started one follows it, cancels it and tries it again, and is told of every change."""

from itertools import groupby
from typing import Any

import pytest
from django.utils import timezone

from albumen.errors import Forbidden
from albumen.tasks import services
from albumen.tasks.models import Status, Task
from albumen.tasks.services import claims
from albumen.tasks.services.leases import lease_length
from tests.conftest import Person
from tests.http.problems import refused


def start(owner: Person | None, kind: str = "sweep_files") -> int:
    return services.start_task(kind=kind, owner_id=owner and owner.id, arguments={}, now=timezone.now()).pk


def take_up(task: int) -> Task:
    """As a worker does."""
    claimed = claims.claim_task(task_id=task, now=timezone.now())
    assert claimed
    return claimed


def fail(task: int) -> None:
    error = Forbidden("quota_exceeded", "There is no room.")
    claims.end_task(task=take_up(task), status=Status.FAILED, error=error, now=timezone.now())


def told(someone: Person) -> list[Any]:
    events = someone.get("/api/events/").json()["results"]
    return [event["data"] for event in events if event["type"] == "task.updated"]


def test_a_new_task_waits(alice):
    task = start(alice)
    found = alice.get(f"/api/tasks/{task}/").json()
    times = [found.pop(name) for name in ("created_at", "started_at", "finished_at")]
    assert times[0].endswith("Z")
    assert times[1:] == [None, None]
    assert found == {
        "id": task,
        "kind": "sweep_files",
        "owner": alice.id,
        "status": "queued",
        "done": 0,
        "total": None,
        "result": None,
        "error": None,
        "cancel_requested": False,
    }


def test_a_failure_says_why(alice):
    fail(task := start(alice))
    found = alice.get(f"/api/tasks/{task}/").json()
    assert (found["status"], found["error"]["code"]) == ("failed", "quota_exceeded")
    assert found["finished_at"]


def test_the_list_has_the_newest_first_and_is_narrowed(alice, bob):
    first, second, third = start(alice), start(alice, "purge_trash"), start(alice)
    start(bob)
    fail(third)

    def ids(query: str = "") -> list[int]:
        return [task["id"] for task in alice.get(f"/api/tasks/{query}").json()["results"]]

    assert ids() == [third, second, first]
    assert ids("?ordering=created_at") == [first, second, third]
    assert ids("?status=failed") == [third]
    assert ids("?kind=purge_trash") == [second]
    assert ids("?kind=purge_trash&status=failed") == []


def test_pages_follow_each_other(alice):
    known = {start(alice) for _ in range(5)}
    seen, url = [], "/api/tasks/?page_size=2"
    while url:
        page = alice.get(url).json()
        seen += [task["id"] for task in page["results"]]
        url = page["next"]
    assert len(seen) == 5
    assert set(seen) == known


@pytest.mark.parametrize("query", ["status=lost", "kind=unheard", "owner=1", "ordering=kind"])
def test_what_is_not_known_is_refused(alice, query):
    assert alice.get(f"/api/tasks/?{query}").status_code == 400


def test_administrators_see_everybody_s_tasks_and_periodic_ones(alice, dana):
    known = {start(alice), start(None)}
    assert {task["id"] for task in dana.get("/api/tasks/").json()["results"]} == known


def test_a_waiting_task_is_cancelled_at_once(alice):
    task = start(alice)
    assert alice.post(f"/api/tasks/{task}/cancel/").json()["status"] == "cancelled"
    assert claims.claim_task(task_id=task, now=timezone.now()) is None
    refused(alice.post(f"/api/tasks/{task}/cancel/"), 409, "task_ended")


def test_a_running_task_is_cancelled_at_its_next_step(alice):
    run = services.TaskContext(take_up(task := start(alice)))
    answer = alice.post(f"/api/tasks/{task}/cancel/").json()
    assert (answer["status"], answer["cancel_requested"]) == ("running", True)
    with pytest.raises(services.Cancelled), run.step(advance=1):
        pass
    assert alice.get(f"/api/tasks/{task}/").json()["done"] == 0


def test_a_cancelled_task_does_not_come_back_when_its_worker_dies(alice):
    take_up(task := start(alice))
    alice.post(f"/api/tasks/{task}/cancel/")
    assert claims.release_expired_claims(now=timezone.now() + 2 * lease_length()) == 1
    assert alice.get(f"/api/tasks/{task}/").json()["status"] == "cancelled"


def test_what_failed_is_tried_again_and_keeps_its_progress(alice):
    run = services.TaskContext(take_up(task := start(alice)))
    with run.step(done=3, total=9, checkpoint={"at": 3}):
        pass
    claims.end_task(task=run.task, status=Status.FAILED, error=Forbidden(), now=timezone.now())
    answer = alice.post(f"/api/tasks/{task}/retry/").json()
    assert (answer["status"], answer["error"], answer["finished_at"]) == ("queued", None, None)
    again = services.TaskContext(take_up(task))
    assert (again.task.done, again.task.total, again.task.checkpoint) == (3, 9, {"at": 3})


def test_only_what_ended_badly_is_tried_again(alice):
    task = start(alice)
    refused(alice.post(f"/api/tasks/{task}/retry/"), 409, "task_not_retryable")
    claims.end_task(task=take_up(task), status=Status.SUCCEEDED, result={}, now=timezone.now())
    refused(alice.post(f"/api/tasks/{task}/retry/"), 409, "task_not_retryable")


def test_who_was_taken_over_can_write_nothing_more(alice):
    slow = services.TaskContext(take_up(task := start(alice)))
    claims.release_expired_claims(now=timezone.now() + 2 * lease_length())
    Task.objects.update(not_before=timezone.now())
    take_up(task)
    with pytest.raises(services.LostClaim), slow.step(advance=1):
        pass
    assert not claims.end_task(task=slow.task, status=Status.SUCCEEDED, result={}, now=timezone.now())
    assert alice.get(f"/api/tasks/{task}/").json()["status"] == "running"


def test_the_owner_alone_is_told_of_each_change(alice, bob):
    task = start(alice)
    run = services.TaskContext(take_up(task))
    for _ in range(5):
        with run.step(advance=1, total=5):
            pass
    claims.end_task(task=run.task, status=Status.SUCCEEDED, result={}, now=timezone.now())
    events = told(alice)
    assert [status for status, _ in groupby(event["status"] for event in events)] == ["queued", "running", "succeeded"]
    assert events[-1] == {"id": task, "kind": "sweep_files", "status": "succeeded", "done": 5, "total": 5}
    assert told(bob) == []


def test_a_task_goes_with_its_owner(alice):
    run = services.TaskContext(take_up(start(alice)))
    assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    with pytest.raises(services.LostClaim), run.step(advance=1):
        pass


def test_a_list_of_tasks_asks_as_often_for_fifty_as_for_one(alice, django_assert_max_num_queries):
    for _ in range(50):
        start(alice)
    with django_assert_max_num_queries(3):
        assert len(alice.get("/api/tasks/").json()["results"]) == 50
