"""Claim a task for this worker, and write how the work on it ended.

A claim is made by one conditional UPDATE, so that only one of many workers that try for a task gets it. Each claim has
an id of its own: a worker whose claim was released meanwhile finds no row with its id, and writes nothing.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from albumen.errors import DomainError
from albumen.tasks.models import Status, Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.leases import claimed_row, lease_length

MAX_ATTEMPTS = 3
# How many of the first tasks in the queue to try for, since other workers see the same ones.
CANDIDATES = 20
WORKER_LOST = DomainError("worker_lost")


def claim_next_task(*, now: datetime, busy_owners: Collection[int] = ()) -> Task | None:
    """Claim the task that has been due for longest, and return it; None where none is due. Those of `busy_owners` wait
    for longer.

    It reads before it writes, so that on SQLite a look at an empty queue does not take the one write lock.
    """
    due = Task.objects.due(now).exclude(owner_id__in=busy_owners).order_by("not_before", "id")
    for task_id in due.values_list("pk", flat=True)[:CANDIDATES]:
        if task := claim_task(task_id=task_id, now=now):
            return task
    return None


@transaction.atomic
def claim_task(*, task_id: int, now: datetime, busy_owners: Collection[int] = ()) -> Task | None:
    """Claim this task, count one more attempt, and return it; None where it is not due, is of one of `busy_owners`, or
    another worker has it."""
    taken = Task.objects.due(now).exclude(owner_id__in=busy_owners).filter(pk=task_id)
    if not taken.update(
        status=Status.RUNNING,
        attempts=F("attempts") + 1,
        claim=uuid.uuid4(),
        lease_until=now + lease_length(),
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
    """End the task with this status. Return False, with nothing written, when the claim is no longer valid."""
    kept = error.as_json() if error else None
    return _release(claimed_row(task), now, status=status, result=result, error=kept, finished_at=now)


def postpone_task(*, task: Task, until: datetime, now: datetime) -> bool:
    """Put the task back into the queue, to begin at `until` or later. Where its cancellation was requested, cancel it.
    Return False when the claim is no longer valid."""
    return _release(claimed_row(task), now, status=Status.QUEUED, not_before=until)


def hand_back_task(*, task: Task, now: datetime) -> bool:
    """Put the task back into the queue, due at once, and do not count this attempt. Where its cancellation was
    requested, cancel it. Return False when the claim is no longer valid."""
    return _release(claimed_row(task), now, status=Status.QUEUED, not_before=now, attempts=task.attempts - 1)


def release_expired_claims(*, now: datetime) -> int:
    """Release each claim whose lease has expired because its worker was killed or cannot reach the database: the task
    returns to the queue, or fails after `MAX_ATTEMPTS`. Return how many claims were released."""
    expired = Task.objects.filter(status=Status.RUNNING, lease_until__lt=now)
    return sum(_release_expired_claim(task, now) for task in expired)


def _release_expired_claim(task: Task, now: datetime) -> bool:
    row = claimed_row(task).filter(lease_until__lt=now)
    if task.attempts < MAX_ATTEMPTS:
        return _release(row, now, status=Status.QUEUED, not_before=now)
    return _release(row, now, status=Status.FAILED, error=WORKER_LOST.as_json(), finished_at=now)


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
