"""What people ask of tasks: start, cancel, try again."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from albumen.errors import Conflict
from albumen.tasks.access import require_room
from albumen.tasks.models import Status, Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.delivery import deliver
from albumen.tasks.services.kinds import kinds


@transaction.atomic
def start(
    *, kind: str, owner_id: int | None, arguments: dict[str, Any], now: datetime, total: int | None = None
) -> Task:
    """A new task, in the caller's transaction; workers hear of it when that is committed.

    `arguments` are JSON, and small: workers read what they need by its id. The owner is told of it, so this is the
    last write of whoever calls it.
    """
    if kind not in kinds():
        raise LookupError(f"{kind!r} is not in the table of tasks.")
    task = Task.objects.create(
        kind=kind, owner_id=owner_id, arguments=arguments, total=total, not_before=now, created_at=now
    )
    announce(task, now)
    _deliver_after_commit(task, now)
    return task


@transaction.atomic
def cancel_task(*, task: Task, now: datetime) -> Task:
    """A waiting task is cancelled at once, a running one at its next step; `Conflict` when it has ended."""
    row = Task.objects.select_for_update().filter(pk=task.pk).first()
    if row is None or row.status not in (Status.QUEUED, Status.RUNNING):
        raise Conflict("task_ended", "The task has ended, so it can no longer be cancelled.")
    if row.status == Status.RUNNING:
        row.cancel_requested = True
        row.save(update_fields=["cancel_requested"])
    else:
        row.status, row.finished_at = Status.CANCELLED, now
        row.save(update_fields=["status", "finished_at"])
        announce(row, now)
    return row


@transaction.atomic
def retry_task(*, task: Task, now: datetime) -> Task:
    """A task that failed or was cancelled goes on where it stopped, with all its attempts; `Conflict` otherwise, and
    `LimitReached` as for a new one."""
    ended = Task.objects.filter(Q(status=Status.FAILED) | Q(status=Status.CANCELLED), pk=task.pk)
    if task.owner_id is not None and ended.exists():
        require_room(task.owner_id)
    changed = ended.update(
        status=Status.QUEUED,
        attempts=0,
        cancel_requested=False,
        not_before=now,
        delivered_at=None,
        error=None,
        started_at=None,
        finished_at=None,
    )
    if not changed:
        raise Conflict("task_not_retryable", "Only a task that failed or was cancelled can be tried again.")
    row = Task.objects.get(pk=task.pk)
    announce(row, now)
    _deliver_after_commit(row, now)
    return row


def _deliver_after_commit(task: Task, now: datetime) -> None:
    # Where it fails, Django logs it by the function's name (a partial has none), and the next tick of a worker
    # delivers the task.
    transaction.on_commit(lambda: deliver(task_id=task.pk, now=now), robust=True)
