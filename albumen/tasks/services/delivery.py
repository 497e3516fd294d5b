"""The ids of tasks on their way to the workers. Delivery may fail or happen twice: what is due and not claimed is
delivered again, and who comes second finds the task claimed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django_tasks import task

from albumen.tasks.models import Status, Task
from albumen.tasks.services.execution import execute

NEW_AT_ONCE = 500
# In a long queue most tasks wait for their turn and were not lost: only the first ones are delivered again.
STALE_AT_ONCE = 100


@task()
def run_task(task_id: int) -> None:
    """What an engine calls."""
    execute(task_id=task_id)


def deliver(*, task_id: int, now: datetime) -> bool:
    """Hand the id to the engine, unless the task is not due, or was delivered moments ago."""
    stale = now - timedelta(seconds=settings.TASK_SECONDS["redeliver"])
    due = Task.objects.filter(pk=task_id, status=Status.QUEUED, not_before__lte=now)
    with transaction.atomic():
        # An engine that refuses takes this back, so that the next tick tries again.
        if not due.filter(Q(delivered_at=None) | Q(delivered_at__lt=stale)).update(delivered_at=now):
            return False
        run_task.enqueue(task_id)
    return True


def deliver_due(*, now: datetime) -> int:
    """Deliver what is due and was never delivered, or was and is still first in the queue; answers how many."""
    due = Task.objects.filter(status=Status.QUEUED, not_before__lte=now).order_by("not_before", "id")
    new = due.filter(delivered_at=None).values_list("pk", flat=True)[:NEW_AT_ONCE]
    first = due.values_list("pk", flat=True)[:STALE_AT_ONCE]
    return sum(deliver(task_id=task_id, now=now) for task_id in dict.fromkeys([*new, *first]))
