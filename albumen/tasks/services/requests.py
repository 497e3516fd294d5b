"""What people ask of tasks: start, cancel, try again."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from albumen.errors import Conflict
from albumen.tasks import broker
from albumen.tasks.access import get_task, require_room
from albumen.tasks.models import Status, Task
from albumen.tasks.services.announcements import announce
from albumen.viewers import Viewer


@transaction.atomic
def start(
    *, kind: str, owner_id: int | None, arguments: Mapping[str, object], now: datetime, total: int | None = None
) -> Task:
    """Create a task of this `TaskKind` in the caller's transaction; workers see it when that is committed.

    `arguments` are JSON, and small: a handler reads what it needs by its id. Publishes an event to the owner, so this
    is the last write of a transaction.
    """
    task = Task.objects.create(
        kind=kind, owner_id=owner_id, arguments=arguments, total=total, not_before=now, created_at=now
    )
    _tell(task, now)
    return task


@transaction.atomic
def cancel_task(*, actor: Viewer, task_id: int, now: datetime) -> Task:
    """Cancel a waiting task at once, a running one at its next step.

    Raises `Conflict` when it has ended, and `NotFound` where the actor may not see it.
    """
    task = get_task(actor, task_id, lock=True)
    if task.status == Status.RUNNING:
        task.cancel_requested = True
        task.save(update_fields=["cancel_requested"])
    elif task.status == Status.QUEUED:
        task.status, task.finished_at = Status.CANCELLED, now
        task.save(update_fields=["status", "finished_at"])
        announce(task, now)
    else:
        raise Conflict("task_ended")
    return task


@transaction.atomic
def retry_task(*, actor: Viewer, task_id: int, now: datetime) -> Task:
    """Put a task that failed or was cancelled back into the queue, to go on where it stopped, with all its attempts.

    Raises `Conflict` for any other task, `NotFound` where the actor may not see it, and `LimitReached` as for a new
    one.
    """
    owner_id = get_task(actor, task_id).owner_id
    ended = Task.objects.filter(pk=task_id, status__in=(Status.FAILED, Status.CANCELLED))
    if owner_id is not None and ended.exists():
        require_room(owner_id)
    changed = ended.update(
        status=Status.QUEUED,
        attempts=0,
        cancel_requested=False,
        not_before=now,
        error=None,
        started_at=None,
        finished_at=None,
    )
    if not changed:
        raise Conflict("task_not_retryable")
    task = Task.objects.get(pk=task_id)
    _tell(task, now)
    return task


def _tell(task: Task, now: datetime) -> None:
    """Tell the owner that the task waits, and the workers when that is committed."""
    announce(task, now)
    transaction.on_commit(lambda: broker.send(task.pk), robust=True)
