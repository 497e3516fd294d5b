"""Tasks in the panel: found, cancelled and tried again."""

from albumen.tasks.models import Task


def test_tasks_are_cancelled_and_tried_again(panel, content):
    assert "1 task waiting" in panel.get("").content.decode()
    assert panel.choose("tasks/task/", "cancel_tasks", content["task"]) == [
        "1 tasks are cancelled, running ones at their next step."
    ]
    assert Task.objects.get().status == "cancelled"
    assert "No task is waiting" in panel.get("").content.decode()
    panel.choose("tasks/task/", "retry_tasks", content["task"])
    assert Task.objects.get().status == "queued"


def test_tasks_are_found_by_their_owner_and_narrowed(panel, content):
    def found(query: str) -> int:
        return panel.get(f"tasks/task/?{query}").context["cl"].result_count

    assert [found(f"q={name}") for name in ("alice", "nobody")] == [1, 0]
    assert [found(f"kind={kind}") for kind in ("sweep_files", "purge_trash")] == [1, 0]
    assert [found(f"status__exact={status}") for status in ("queued", "failed")] == [1, 0]
