"""Start periodic work, and delete old tasks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from albumen.tasks.models import ScheduledRun, Task
from albumen.tasks.services.requests import start_task

KEPT = timedelta(days=30)


def start_scheduled(schedules: Mapping[str, timedelta], *, now: datetime) -> int:
    """Start a task of each kind once in each of its periods, and return how many were started. Periods are counted
    from 1970 in UTC. Every worker may call this at any time; only one starts the task of a period."""
    return sum(_start_scheduled(kind, period, now) for kind, period in schedules.items())


def _start_scheduled(kind: str, period: timedelta, now: datetime) -> bool:
    seconds = int(period.total_seconds())
    slot = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
    # While the task of an earlier period is still open, no second one is started beside it.
    if (
        ScheduledRun.objects.filter(schedule=kind, slot=slot).exists()
        or Task.objects.open().filter(kind=kind, owner=None).exists()
    ):
        return False
    try:
        with transaction.atomic():
            ScheduledRun.objects.create(schedule=kind, slot=slot)
            start_task(kind=kind, owner_id=None, arguments={}, now=now)
    except IntegrityError:
        return False
    return True


def delete_old_tasks(*, now: datetime) -> int:
    """Delete tasks that ended more than 30 days ago, and `ScheduledRun` rows as old. Return how many tasks."""
    ScheduledRun.objects.filter(slot__lte=now - KEPT).delete()
    return Task.objects.filter(finished_at__lte=now - KEPT).delete()[0]
