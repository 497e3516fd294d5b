"""Who works on a task, for how long, and how it ends. A task changes hands only by one conditional UPDATE, so it may
be delivered any number of times: one worker has it, and what another one still writes is refused."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from albumen.errors import DomainError
from albumen.tasks.models import Status, Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.kinds import MAX_ATTEMPTS, kinds

WORKER_LOST = DomainError(
    "worker_lost", "The worker died each time while it was at this. Tell the operator, or try with less at once."
)


def lease() -> timedelta:
    """How long a claim holds without a heartbeat."""
    return timedelta(seconds=settings.TASK_SECONDS["lease"])


def held(task: Task) -> QuerySet[Task]:
    """The task's row while the claim that this object has is the one that counts."""
    return Task.objects.filter(pk=task.pk, claim=task.claim, status=Status.RUNNING)


@transaction.atomic
def claim_task(*, task_id: int, now: datetime) -> Task | None:
    """The task, now running and ours; None where it is not due, or another worker was first. Counts an attempt."""
    ready = Task.objects.filter(pk=task_id, status=Status.QUEUED, not_before__lte=now)
    taken = ready.update(
        status=Status.RUNNING,
        attempts=F("attempts") + 1,
        claim=uuid.uuid4(),
        lease_until=now + lease(),
        started_at=Coalesce("started_at", now),
    )
    if not taken:
        return None
    task = Task.objects.get(pk=task_id)
    announce(task, now)
    return task


def extend_lease(*, task: Task, now: datetime) -> bool:
    """A heartbeat; False when the claim is no longer ours."""
    return bool(held(task).update(lease_until=now + lease()))


def end_task(
    *, task: Task, status: Status, now: datetime, result: Any = None, error: DomainError | None = None
) -> bool:
    """The last write of an attempt; False, and nothing written, when the claim is no longer ours."""
    return _let_go(task, now, status=status, result=result, error=_written(error), finished_at=now)


def postpone_task(*, task: Task, until: datetime, now: datetime) -> bool:
    """Back into the queue, to be tried again at `until`; cancelled instead where that was asked for."""
    return _let_go(task, now, status=Status.QUEUED, not_before=until, delivered_at=None)


def hand_back_task(*, task: Task, now: datetime) -> bool:
    """Back into the queue for another worker, as if this one had never begun."""
    attempts = task.attempts - 1
    return _let_go(task, now, status=Status.QUEUED, not_before=now, delivered_at=None, attempts=attempts)


def lapse_claims(*, now: datetime) -> int:
    """Take back what workers hold that no longer give a sign of life; answers how many tasks."""
    lapsed = Task.objects.filter(status=Status.RUNNING, lease_until__lt=now)
    return sum(_lapse(task, now) for task in lapsed)


def _lapse(task: Task, now: datetime) -> bool:
    known = kinds().get(task.kind)
    still = held(task).filter(lease_until__lt=now)
    if task.attempts < (known.max_attempts if known else MAX_ATTEMPTS):
        return _let_go(task, now, still, status=Status.QUEUED, not_before=now, delivered_at=None)
    return _let_go(task, now, still, status=Status.FAILED, error=_written(WORKER_LOST), finished_at=now)


def _written(error: DomainError | None) -> dict[str, str] | None:
    return {"code": error.code, "detail": error.detail} if error else None


def _let_go(task: Task, now: datetime, rows: QuerySet[Task] | None = None, **changes: Any) -> bool:
    with transaction.atomic():
        row = (held(task) if rows is None else rows).select_for_update().first()
        if row is None:
            return False
        if row.cancel_requested and changes["status"] == Status.QUEUED:
            changes = {"status": Status.CANCELLED, "finished_at": now}
        changes |= {"claim": None, "lease_until": None}
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=list(changes))
        announce(row, now)
    return True
