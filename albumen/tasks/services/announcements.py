"""The event that tells the owner of a task how it stands."""

from datetime import datetime

from albumen.events.services import NewEvent, publish
from albumen.tasks.models import Task


def announce(task: Task, now: datetime) -> None:
    """Publish `task.updated` to the owner, in the caller's transaction; periodic work has nobody to tell."""
    if task.owner_id is None:
        return
    state = {"id": task.pk, "kind": task.kind, "status": task.status, "done": task.done, "total": task.total}
    publish(NewEvent("task.updated", state, [task.owner_id]), now=now)
