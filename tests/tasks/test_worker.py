"""What becomes of a task among real workers that are killed, stopped or woken too often, with and without a broker."""

import os
import signal
import time

import pytest

from tests.faults.rounds import LONG
from tests.tasks.conftest import hired


def steps(task: int, count: int) -> list[str]:
    return [f"{task} step {number}" for number in range(count)]


def test_a_task_whose_id_was_never_sent_runs_and_leaves_its_result(works):
    task = works.ask("count", steps=3)
    found = works.wait(task)
    assert (found["done"], found["total"], found["result"]) == (3, 3, {"steps": 3})
    assert (found["attempts"], found["error"], found["claim"]) == (1, None, None)
    assert works.effects(task) == steps(task, 3)


def test_an_id_that_comes_ten_times_to_four_threads_has_one_effect(works):
    if works.broker is None:
        pytest.skip("Nothing carries ids.")
    task = works.ask("count", steps=4, pause=0.1)
    for _ in range(10):
        works.send(task)
    assert works.wait(task)["attempts"] == 1
    assert works.effects(task) == steps(task, 4)


def test_four_threads_that_look_for_the_same_tasks_run_each_once(works):
    tasks = [works.ask("count", steps=2) for _ in range(30)]
    assert [works.wait(task)["attempts"] for task in tasks] == [1] * 30
    assert [works.effects(task) for task in tasks] == [steps(task, 2) for task in tasks]


def test_a_failure_is_tried_again_and_what_it_wrote_is_not_left(works):
    task = works.ask("stumble", times=2)
    assert works.wait(task)["attempts"] == 3
    assert works.effects(task) == []


def test_the_third_failure_is_the_last_and_tells_nothing_of_the_server(works):
    task = works.ask("stumble", times=9)
    found = works.wait(task, status="failed")
    assert (found["attempts"], found["error"]["code"]) == (3, "internal_error")
    assert "secret" not in str(found)


def test_a_refusal_is_final(works):
    found = works.wait(works.ask("refuse"), status="failed")
    assert (found["attempts"], found["error"]) == (1, {"code": "quota_exceeded", "detail": "There is no room."})


def test_a_kind_that_nobody_knows_fails(works):
    assert works.wait(works.ask("unheard"), status="failed")["error"]["code"] == "unknown_kind"


def test_long_work_gives_way_to_what_waits_and_goes_on_where_it_was(works):
    # More of them than the workers have threads.
    long = [works.ask("count", steps=12, pause=0.25, gives_way=True) for _ in range(5)]
    for task in long[:4]:
        works.wait(task, status="running", done=1)
    short = works.ask("count", steps=1)
    works.wait(short)
    assert [works.task(task)["status"] for task in long].count("succeeded") == 0
    assert [works.wait(task)["attempts"] for task in long] == [1] * 5
    assert [works.effects(task) for task in long] == [steps(task, 12) for task in long]


def test_a_worker_that_is_killed_between_two_turns_of_a_task_leaves_it_to_another(works):
    if works.broker and not LONG:
        pytest.skip("ten seconds more for what is shown without a broker: make faults")
    # Twice as many as the workers have threads, so that each waits for its next turn for a while.
    long = [works.ask("count", steps=8, pause=0.25, gives_way=True) for _ in range(8)]
    task, pid = kill_between_turns(works, long)
    works.hire()
    found = works.wait(task)
    assert (found["attempts"], found["done"]) == (1, 8)
    assert found["checkpoint"]["pid"] != pid
    for one in long:
        works.wait(one)
        assert works.effects(one) == steps(one, 8)


def kill_between_turns(works, tasks) -> tuple[int, int]:
    """Kill the worker that had one of these last while it waits for its next turn; answers the task and the worker."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for task in tasks:
            found = works.task(task)
            if found["status"] != "queued" or not found["done"]:
                continue
            pid = found["checkpoint"]["pid"]
            # Held still for the second look, so that it cannot take the task up in between.
            os.kill(pid, signal.SIGSTOP)
            if works.task(task)["status"] == "queued":
                os.kill(pid, signal.SIGKILL)
                return task, pid
            os.kill(pid, signal.SIGCONT)
    raise AssertionError("None of them gave way.")


def test_many_workers_take_each_turn_of_the_clock_once(works):
    works.wait(works.ask("count", steps=12, pause=0.2))
    # In one statement, so that no turn begins between two looks.
    ((rows, turns, tasks),) = works.sql(
        "SELECT COUNT(*), COUNT(DISTINCT slot), (SELECT COUNT(*) FROM tasks_task WHERE kind = 'beat') FROM tasks_slot"
    )
    assert rows == turns == tasks
    assert turns >= 2


def test_a_broker_that_was_away_and_lost_everything_delays_tasks_and_no_more(works):
    if works.broker is None:
        pytest.skip("Nothing carries ids.")
    tasks = [works.ask("count", steps=2, pause=0.2) for _ in range(6)]
    time.sleep(0.5)
    works.broker.stop()
    tasks.append(works.ask("count", steps=1))
    time.sleep(1)
    works.start_broker()
    assert [works.wait(task)["attempts"] for task in tasks] == [1] * 7


def test_a_worker_that_is_told_to_end_hands_its_task_on_between_two_steps(works):
    task = works.ask("count", steps=15, pause=0.2)
    pid = works.wait(task, status="running", done=2)["checkpoint"]["pid"]
    worker = next(worker for worker in works.workers if worker.pid == pid)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    found = works.wait(task)
    assert found["attempts"] == 1
    assert found["checkpoint"]["pid"] != pid
    assert works.effects(task) == steps(task, 15)


def test_a_worker_that_is_killed_leaves_its_task_to_another(works):
    task = works.ask("count", steps=12, pause=0.2)
    pid = works.wait(task, status="running", done=2)["checkpoint"]["pid"]
    os.kill(pid, signal.SIGKILL)
    works.hire()
    found = works.wait(task)
    assert found["attempts"] == 2
    assert found["checkpoint"]["pid"] != pid
    assert works.effects(task) == steps(task, 12)


def test_a_worker_whose_parent_is_gone_ends_and_leaves_a_handler_behind_that_does_not_stop(works):
    task = works.ask("hang")
    deadline = time.monotonic() + 30
    while not works.task(task)["checkpoint"]:
        assert time.monotonic() < deadline
    begun = works.task(task)
    worker = next(worker for worker in works.workers if worker.pid == begun["checkpoint"]["pid"])
    worker.stdin.close()
    assert worker.wait(timeout=30) == 0
    found = works.task(task)
    # Handed back, without a counted attempt; another worker may have it by now.
    assert found["claim"] != begun["claim"]
    assert found["attempts"] == (found["status"] == "running")


def test_an_id_wakes_a_worker_long_before_its_next_look(migrated, tmp_path):
    with hired(migrated, tmp_path / "data", broker=True, workers=1, POLL_BESIDE_BROKER="1000") as works:
        for _ in range(3):
            works.send(task := works.ask("count", steps=1))
            works.wait(task)
