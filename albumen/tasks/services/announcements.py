"""What the owner of a task is told about it."""

from datetime import datetime

from albumen.tasks.models import Task


def announce(task: Task, now: datetime) -> None:
    """Publishes `task.updated` to the owner, in the caller's transaction."""
