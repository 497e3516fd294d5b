"""Run a task: claim it, call its handler, and write how that ended."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from albumen.errors import DomainError, OutOfSpace, Unavailable
from albumen.tasks.models import Status, Task
from albumen.tasks.services import claims
from albumen.tasks.services.context import Cancelled, LostClaim, Stopped, TaskContext
from albumen.tasks.services.leases import extend_lease

INTERNAL_ERROR = DomainError("internal_error")
UNKNOWN_KIND = DomainError("unknown_kind")
logger = logging.getLogger(__name__)

# The function that does the work of one kind of task. It returns the task's result, which is stored as JSON.
Handler = Callable[[TaskContext], Mapping[str, object] | None]
_running: set[TaskContext] = set()
# Held while a task is claimed, so that no two threads claim the last one that a user may have.
_claiming = threading.Lock()


def run_task(handlers: Mapping[str, Handler], task_id: int | None = None, *, each: int = 1) -> bool:
    """Run the task with this id or, without an id, the one that has been due for longest. Return False when there is
    no such task, another worker has it, or this process runs `each` tasks of its owner already."""
    context = _claim(task_id, each)
    if context is None:
        return False
    task = context.task
    try:
        with _lease_extended(task):
            _attempt(context, handlers.get(task.kind))
    finally:
        _running.discard(context)
    return True


def _claim(task_id: int | None, each: int) -> TaskContext | None:
    now = timezone.now()
    with _claiming:
        owners = Counter(context.task.owner_id for context in _running)
        busy = [owner for owner, count in owners.items() if owner is not None and count >= each]
        if task_id is None:
            task = claims.claim_next_task(now=now, busy_owners=busy)
        else:
            task = claims.claim_task(task_id=task_id, now=now, busy_owners=busy)
        if task is None:
            return None
        context = TaskContext(task)
        _running.add(context)
    return context


def hand_back_running_tasks() -> None:
    """Put the tasks whose handlers still run in this process back into the queue, because the process is about to end
    without waiting for them."""
    for context in list(_running):
        claims.hand_back_task(task=context.task, now=timezone.now())


def _attempt(context: TaskContext, handler: Handler | None) -> None:
    task = context.task
    if handler is None:
        claims.end_task(task=task, status=Status.FAILED, error=UNKNOWN_KIND, now=timezone.now())
        return
    try:
        result = handler(context)
    except Cancelled:
        claims.end_task(task=task, status=Status.CANCELLED, now=timezone.now())
    except Stopped:
        claims.hand_back_task(task=task, now=timezone.now())
    except LostClaim:
        logger.warning("%s is no longer claimed by this worker; what it did since its last step is dropped.", task)
    except (OutOfSpace, Unavailable) as error:
        _try_again(context, error)
    except DomainError as error:
        claims.end_task(task=task, status=Status.FAILED, error=error, now=timezone.now())
    except Exception:
        logger.exception("%s failed at attempt %s.", task, task.attempts)
        _try_again(context, INTERNAL_ERROR)
    else:
        claims.end_task(task=task, status=Status.SUCCEEDED, result=result, now=timezone.now())


def _try_again(context: TaskContext, error: DomainError) -> None:
    """Put the task off, four times as long after each attempt; after `MAX_ATTEMPTS`, fail it with this error."""
    task, now = context.task, timezone.now()
    if task.attempts < claims.MAX_ATTEMPTS:
        pause = timedelta(seconds=settings.TASK_SECONDS["back_off"] * 4 ** (task.attempts - 1))
        claims.postpone_task(task=task, until=now + pause, now=now)
    else:
        claims.end_task(task=task, status=Status.FAILED, error=error, now=now)


@contextmanager
def _lease_extended(task: Task) -> Iterator[None]:
    """Extend the lease from a thread while the block runs, however long the handler takes between two steps."""
    ended = threading.Event()

    def extend() -> None:
        try:
            while not ended.wait(settings.TASK_SECONDS["lease"] / 4):
                try:
                    if not extend_lease(task=task, now=timezone.now()):
                        return
                except DatabaseError:
                    logger.exception("The lease of %s could not be extended.", task)
                    connections.close_all()
        finally:
            connections.close_all()

    threading.Thread(target=extend, name=f"lease of {task}", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
