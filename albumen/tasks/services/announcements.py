"""The event that carries the state of a task to its owner."""

from datetime import datetime

from albumen.events.services import NewEvent, publish
from albumen.tasks.models import Task


def announce(task: Task, now: datetime) -> None:
    """Publish `task.updated` to the task's owner, in the caller's transaction. Periodic work has no owner, so nothing
    is published."""
    if task.owner_id is None:
        return
    state = {"id": task.pk, "kind": task.kind, "status": task.status, "done": task.done, "total": task.total}
    publish(NewEvent("task.updated", state, [task.owner_id]), now=now)
