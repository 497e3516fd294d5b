"""Run a task: claim it, call its handler, and write how that ended."""

import logging
import threading
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

# A handler does the work; what it returns is the task's result (JSON).
Handler = Callable[[TaskContext], Mapping[str, object] | None]
_running: set[TaskContext] = set()


def run_task(handlers: Mapping[str, Handler], task_id: int | None = None) -> bool:
    """Run this task, or else the one that has been due for longest. Return False where there is none to run."""
    now = timezone.now()
    task = claims.claim_next_task(now=now) if task_id is None else claims.claim_task(task_id=task_id, now=now)
    if task is None:
        return False
    context = TaskContext(task)
    _running.add(context)
    try:
        with _lease_extended(task):
            _attempt(context, handlers.get(task.kind))
    finally:
        _running.discard(context)
    return True


def hand_back_everything() -> None:
    """Give up the tasks of this process, which ends in the middle of handlers that do not stop."""
    for context in list(_running):
        claims.hand_back_task(task=context.task, now=timezone.now())


def _attempt(context: TaskContext, handler: Handler | None) -> None:
    task = context.task
    if handler is None:
        claims.end_task(task=task, status=Status.FAILED, error=UNKNOWN_KIND, now=context.now())
        return
    try:
        result = handler(context)
    except Cancelled:
        claims.end_task(task=task, status=Status.CANCELLED, now=context.now())
    except Stopped:
        claims.hand_back_task(task=task, now=context.now())
    except LostClaim:
        logger.warning("%s was taken over by another worker.", task)
    except (OutOfSpace, Unavailable) as error:
        _try_again(context, error)
    except DomainError as error:
        claims.end_task(task=task, status=Status.FAILED, error=error, now=context.now())
    except Exception:
        logger.exception("%s failed at attempt %s.", task, task.attempts)
        _try_again(context, INTERNAL_ERROR)
    else:
        claims.end_task(task=task, status=Status.SUCCEEDED, result=result, now=context.now())


def _try_again(context: TaskContext, error: DomainError) -> None:
    """Postpone the task, each time four times as long, or fail it with this error after its last attempt."""
    task, now = context.task, context.now()
    if task.attempts < claims.MAX_ATTEMPTS:
        pause = timedelta(seconds=settings.TASK_SECONDS["back_off"] * 4 ** (task.attempts - 1))
        claims.postpone_task(task=task, until=now + pause, now=now)
    else:
        claims.end_task(task=task, status=Status.FAILED, error=error, now=now)


@contextmanager
def _lease_extended(task: Task) -> Iterator[None]:
    """Keep the claim valid during the block, however long the handler takes between two steps."""
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
