"""Work by the clock, and what is forgotten of finished work."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from albumen.tasks.models import Slot, Status, Task
from albumen.tasks.services.kinds import Schedule, schedules
from albumen.tasks.services.requests import start

KEPT = timedelta(days=30)


def start_slots(*, now: datetime) -> int:
    """Start what the clock asks for; answers how many tasks. Many may call this at once: each slot starts one."""
    return sum(_start_slot(schedule, now) for schedule in schedules())


def _start_slot(schedule: Schedule, now: datetime) -> bool:
    turn = {"schedule": schedule.name, "slot": schedule.slot_at(now)}
    open_ = Task.objects.filter(kind=schedule.kind, owner=None, status__in=(Status.QUEUED, Status.RUNNING))
    # Work that takes longer than its period has its next turn when it is done.
    if Slot.objects.filter(**turn).exists() or open_.exists():
        return False
    try:
        with transaction.atomic():
            Slot.objects.create(**turn)
            start(kind=schedule.kind, owner_id=None, arguments={}, now=now)
    except IntegrityError:
        return False
    return True


def delete_old_tasks(*, now: datetime) -> int:
    """Forget tasks that ended 30 days ago, and slots that old; answers how many tasks."""
    Slot.objects.filter(slot__lte=now - KEPT).delete()
    return Task.objects.filter(finished_at__lte=now - KEPT).delete()[0]
