"""Who works on a task, and how it ends. A task changes hands only by one conditional UPDATE: many workers may try for
it, one has it, and what a worker writes that has lost it is refused."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from albumen.errors import DomainError
from albumen.tasks.models import Status, Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.leases import held, lease

MAX_ATTEMPTS = 3
# How many of the first tasks in the queue to try for, since other workers see the same ones.
CANDIDATES = 20
WORKER_LOST = DomainError("worker_lost")


def claim_next_task(*, now: datetime) -> Task | None:
    """Return the task that has been due for longest, now running in this worker; None where none is due.

    Reads before it writes: on SQLite, a look at an empty queue does not take the lock that writers wait for.
    """
    due = Task.objects.due(now).order_by("not_before", "id").values_list("pk", flat=True)
    for task_id in due[:CANDIDATES]:
        if task := claim_task(task_id=task_id, now=now):
            return task
    return None


@transaction.atomic
def claim_task(*, task_id: int, now: datetime) -> Task | None:
    """Return the task, now running in this worker, with one attempt more; None where it is not due or is taken."""
    taken = Task.objects.due(now).filter(pk=task_id)
    if not taken.update(
        status=Status.RUNNING,
        attempts=F("attempts") + 1,
        claim=uuid.uuid4(),
        lease_until=now + lease(),
        started_at=Coalesce("started_at", now),
    ):
        return None
    task = Task.objects.get(pk=task_id)
    announce(task, now)
    return task


def end_task(
    *,
    task: Task,
    status: Status,
    now: datetime,
    result: Mapping[str, object] | None = None,
    error: DomainError | None = None,
) -> bool:
    """Write how the work ended. Return False, with nothing written, when the claim is no longer valid."""
    return _release(held(task), now, status=status, result=result, error=_as_json(error), finished_at=now)


def postpone_task(*, task: Task, until: datetime, now: datetime) -> bool:
    """Put the task back into the queue, not to begin before `until`; cancel it where that was requested."""
    return _release(held(task), now, status=Status.QUEUED, not_before=until)


def hand_back_task(*, task: Task, now: datetime) -> bool:
    """Put the task back into the queue for any worker, without counting this attempt."""
    return _release(held(task), now, status=Status.QUEUED, not_before=now, attempts=task.attempts - 1)


def end_lapsed_claims(*, now: datetime) -> int:
    """Take back the tasks of workers that no longer extend their leases. Return how many."""
    lapsed = Task.objects.filter(status=Status.RUNNING, lease_until__lt=now)
    return sum(_end_lapsed_claim(task, now) for task in lapsed)


def _end_lapsed_claim(task: Task, now: datetime) -> bool:
    lapsed = held(task).filter(lease_until__lt=now)
    if task.attempts < MAX_ATTEMPTS:
        return _release(lapsed, now, status=Status.QUEUED, not_before=now)
    return _release(lapsed, now, status=Status.FAILED, error=_as_json(WORKER_LOST), finished_at=now)


def _as_json(error: DomainError | None) -> dict[str, str] | None:
    return {"code": error.code, "detail": error.detail} if error else None


@transaction.atomic
def _release(rows: QuerySet[Task], now: datetime, **changes: object) -> bool:
    task = rows.select_for_update().first()
    if task is None:
        return False
    if task.cancel_requested and changes["status"] == Status.QUEUED:
        changes = {"status": Status.CANCELLED, "finished_at": now}
    changes |= {"claim": None, "lease_until": None}
    for name, value in changes.items():
        setattr(task, name, value)
    task.save(update_fields=list(changes))
    announce(task, now)
    return True
