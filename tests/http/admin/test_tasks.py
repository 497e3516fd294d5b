"""Tasks in the panel: found, cancelled and tried again."""

from django.utils import timezone

from albumen.tasks.models import Task


def test_tasks_are_cancelled_and_tried_again(panel, content):
    assert panel.choose("tasks/task/", "cancel_tasks", content["task"]) == [
        "1 task cancelled, at the next step if at work."
    ]
    assert Task.objects.get().status == "cancelled"
    panel.choose("tasks/task/", "retry_tasks", content["task"])
    assert Task.objects.get().status == "queued"


def test_tasks_are_found_by_their_owner_and_narrowed(panel, content):
    def found(query: str) -> int:
        return panel.get(f"tasks/task/?{query}").context["cl"].result_count

    assert [found(f"q={name}") for name in ("alice", "nobody")] == [1, 0]
    assert [found(f"kind={kind}") for kind in ("sweep_files", "purge_trash")] == [1, 0]
    assert [found(f"status__exact={status}") for status in ("queued", "failed")] == [1, 0]


def test_a_task_s_page_says_its_state_in_words(panel, content):
    for state in ("succeeded", "failed", "cancelled"):
        Task.objects.update(status=state, finished_at=timezone.now())
        page = panel.get(f"tasks/task/{content['task']}/change/").content.decode()
        assert (state in page, f"('{state}'" in page, "(&#x27;" in page) == (True, False, False)


def test_the_list_names_the_error_of_what_failed(panel, content):
    error = {"code": "worker_lost", "detail": "It was lost."}
    Task.objects.update(status="failed", finished_at=timezone.now(), error=error)
    assert "worker_lost" in panel.get("tasks/task/?status__exact=failed").content.decode()


def test_an_action_that_did_nothing_says_why_and_not_in_green(panel, content):
    for action, why in (("retry_tasks", "only failed and cancelled ones can"), ("cancel_tasks", "they have ended")):
        panel.post("tasks/task/", action=action, _selected_action=[str(content["task"])], index="0")
        (said,) = panel.get("tasks/task/").context["messages"]
        assert (why in said.message, said.level_tag) == (True, "warning")
        Task.objects.update(status="succeeded", finished_at=timezone.now())


def test_an_action_is_in_the_history_of_each_row(panel, content):
    panel.choose("tasks/task/", "cancel_tasks", content["task"])
    assert "Cancelled" in panel.get(f"tasks/task/{content['task']}/history/").content.decode()
