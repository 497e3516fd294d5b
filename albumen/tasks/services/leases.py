"""A worker's claim on a task, and the lease: the time after which others may release the claim."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from albumen.tasks.models import Status, Task


def lease_length() -> timedelta:
    """Return how long a claim stays valid after it was made or its lease was extended."""
    return timedelta(seconds=settings.TASK_SECONDS["lease"])


def claimed_row(task: Task) -> QuerySet[Task]:
    """Return a query of the row of this task, which finds nothing once the claim in `task` is no longer valid."""
    return Task.objects.filter(pk=task.pk, claim=task.claim, status=Status.RUNNING)


def extend_lease(*, task: Task, now: datetime) -> bool:
    """Extend the lease by its full length from now. Return False, with nothing written, when the claim is no longer
    valid."""
    return bool(claimed_row(task).update(lease_until=now + lease_length()))
