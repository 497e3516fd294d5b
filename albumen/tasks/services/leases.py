"""How long a worker has a task to itself."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from albumen.tasks.models import Status, Task


def lease() -> timedelta:
    """Return how long a claim holds unless it is extended."""
    return timedelta(seconds=settings.TASK_SECONDS["lease"])


def held(task: Task) -> QuerySet[Task]:
    """Return the task's row if the claim that this object has is still the valid one."""
    return Task.objects.filter(pk=task.pk, claim=task.claim, status=Status.RUNNING)


def extend_lease(*, task: Task, now: datetime) -> bool:
    """Return False when the claim is no longer valid."""
    return bool(held(task).update(lease_until=now + lease()))
