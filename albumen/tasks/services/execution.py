"""Carry out a task whose id was delivered: claim it, call its handler, and write how that ended."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from albumen.errors import DomainError, OutOfSpace, Unavailable
from albumen.tasks.models import Status, Task
from albumen.tasks.services import claims
from albumen.tasks.services.kinds import Kind, kinds
from albumen.tasks.services.run import Cancelled, LostClaim, Run, Stopped, TurnOver, stopping

INTERNAL_ERROR = DomainError("internal_error", "This failed, and it is not your fault. Tell the operator.")
UNKNOWN_KIND = DomainError("unknown_kind", "This version of the service does not know such work.")
logger = logging.getLogger(__name__)

_at_work: set[Run] = set()


def execute(*, task_id: int) -> None:
    """Harmless for a task that is not due, or that somebody else works on."""
    if stopping.is_set():
        # This delivery is used up, so the task has to be delivered again.
        Task.objects.filter(pk=task_id, status=Status.QUEUED).update(delivered_at=None)
        return
    task = claims.claim_task(task_id=task_id, now=timezone.now())
    if task is None:
        return
    run = Run(task)
    _at_work.add(run)
    try:
        with _heartbeat(task):
            _attempt(run)
    finally:
        _at_work.discard(run)


def hand_back_everything() -> None:
    """For a process that ends in the middle of handlers that do not stop."""
    for run in list(_at_work):
        claims.hand_back_task(task=run.task, now=timezone.now())


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts: four times as long after each one."""
    return timedelta(seconds=settings.TASK_SECONDS["back_off"] * 4 ** (attempts - 1))


def _attempt(run: Run) -> None:
    task = run.task
    kind = kinds().get(task.kind)
    if kind is None:
        claims.end_task(task=task, status=Status.FAILED, error=UNKNOWN_KIND, now=run.now())
        return
    try:
        result = kind.handler(run)
    except Cancelled:
        claims.end_task(task=task, status=Status.CANCELLED, now=run.now())
    except (Stopped, TurnOver):
        claims.hand_back_task(task=task, now=run.now())
    except LostClaim:
        logger.warning("%s was taken over by another worker.", task)
    except (OutOfSpace, Unavailable) as refusal:
        _try_again(run, kind, refusal)
    except DomainError as refusal:
        claims.end_task(task=task, status=Status.FAILED, error=refusal, now=run.now())
    except Exception:
        logger.exception("%s failed at attempt %s.", task, task.attempts)
        _try_again(run, kind, INTERNAL_ERROR)
    else:
        claims.end_task(task=task, status=Status.SUCCEEDED, result=result, now=run.now())


def _try_again(run: Run, kind: Kind, error: DomainError) -> None:
    """What may pass by itself: later, until the attempts are used up."""
    task, now = run.task, run.now()
    if task.attempts < kind.max_attempts:
        claims.postpone_task(task=task, until=now + back_off(task.attempts), now=now)
    else:
        claims.end_task(task=task, status=Status.FAILED, error=error, now=now)


@contextmanager
def _heartbeat(task: Task) -> Iterator[None]:
    """Keeps the claim while the handler is between two steps, however long that takes."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(settings.TASK_SECONDS["lease"] / 4):
                try:
                    if not claims.extend_lease(task=task, now=timezone.now()):
                        return
                except DatabaseError:
                    logger.exception("The lease of %s could not be extended.", task)
                    connections.close_all()
        finally:
            connections.close_all()

    threading.Thread(target=beat, name=f"heartbeat of {task}", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
