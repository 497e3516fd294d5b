"""Start, cancel and retry tasks."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from albumen.errors import Conflict
from albumen.tasks import broker
from albumen.tasks.access import get_task, require_task_slot
from albumen.tasks.models import Status, Task
from albumen.tasks.services.announcements import announce
from albumen.viewers import Viewer


@transaction.atomic
def start_task(
    *,
    kind: str,
    owner_id: int | None,
    arguments: Mapping[str, object],
    now: datetime,
    total: int | None = None,
    not_before: datetime | None = None,
) -> Task:
    """Create a task of this `TaskKind`, and return it; workers see it when the caller's transaction is committed, and
    start it not before that moment, if one is given.

    `arguments` are stored as JSON. They hold ids rather than rows, which the handler reads. An event is published to
    the owner, so this has to be the last write of a transaction.
    """
    task = Task.objects.create(
        kind=kind, owner_id=owner_id, arguments=arguments, total=total, not_before=not_before or now, created_at=now
    )
    _announce_waiting(task, now)
    return task


@transaction.atomic
def cancel_task(*, actor: Viewer, task_id: int, now: datetime) -> Task:
    """Cancel a waiting task at once, or request that a running one be cancelled at its next step. Return the task.

    Raise `Conflict` when it has ended, `NotFound` when the actor may not see it.
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
    """Put a failed or cancelled task back into the queue, to resume from its checkpoint with `MAX_ATTEMPTS` attempts
    more. Return the task.

    Raise `Conflict` when it waits, runs or has succeeded, `NotFound` when the actor may not see it, and `LimitReached`
    when its owner has too many open tasks.
    """
    owner_id = get_task(actor, task_id).owner_id
    ended = Task.objects.filter(pk=task_id, status__in=(Status.FAILED, Status.CANCELLED))
    if owner_id is not None and ended.exists():
        require_task_slot(owner_id)
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
    _announce_waiting(task, now)
    return task


def _announce_waiting(task: Task, now: datetime) -> None:
    """Publish to the owner that the task waits, and send its id to a worker when that is committed."""
    announce(task, now)
    transaction.on_commit(lambda: broker.send(task.pk), robust=True)
