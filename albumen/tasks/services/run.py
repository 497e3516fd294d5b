"""A task as its handler sees it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from albumen.tasks.access import queue_at
from albumen.tasks.models import Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.claims import held, lease

REPORT_SECONDS = 0.5
ANNOUNCE_SECONDS = 1.0
# How often a task whose turn is over looks whether others wait.
GIVE_WAY_SECONDS = 1.0

# Set when this process is about to end: every handler stops at its next step.
stopping = threading.Event()


class Interrupted(BaseException):
    """The handler has to end now. No `Exception`, so that one that takes up the failures of single items lets it
    through."""


class LostClaim(Interrupted):
    """Another worker has taken the task over, or it is gone; whatever this one writes is not to count."""


class Cancelled(Interrupted):
    """Somebody asked to cancel the task."""


class Stopped(Interrupted):
    """This worker ends; the task goes on in another one."""


class TurnOver(Interrupted):
    """Others wait, and this task has had its turn; it goes on behind them."""


@dataclass(slots=True)
class Step:
    """What is being committed; a checkpoint that is not known before the block's own writes is set here."""

    checkpoint: dict[str, Any] | None = None


class Run:
    """One attempt at a task. `checkpoint` is as the last step committed it, by this attempt or an earlier one."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._reported = self._announced = float("-inf")
        self._turn_ends = time.monotonic() + settings.TASK_SECONDS["turn"]

    @property
    def task_id(self) -> int:
        return self.task.pk

    @property
    def owner_id(self) -> int | None:
        """None for periodic work."""
        return self.task.owner_id

    @property
    def arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = self.task.arguments
        return arguments

    @property
    def checkpoint(self) -> dict[str, Any]:
        checkpoint: dict[str, Any] = self.task.checkpoint
        return checkpoint

    @property
    def done(self) -> int:
        return self.task.done

    @property
    def total(self) -> int | None:
        return self.task.total

    def now(self) -> datetime:
        return timezone.now()

    @contextmanager
    def step(
        self,
        done: int | None = None,
        advance: int = 0,
        total: int | None = None,
        checkpoint: dict[str, Any] | None = None,
    ) -> Iterator[Step]:
        """One transaction: what the block writes is committed together with the progress, or neither is.

        `done` sets the progress and `advance` adds to it; `total` and `checkpoint` stay as they are when absent.
        Raises Cancelled, Stopped or LostClaim before the block begins. Long work that writes nothing belongs before
        the step, since others may have to wait for its end.
        """
        progress: dict[str, Any] = {"done": self.task.done + advance if done is None else done}
        if total is not None:
            progress["total"] = total
        if checkpoint is not None:
            progress["checkpoint"] = checkpoint
        step = Step()
        with transaction.atomic():
            self._hold(progress)
            yield step
            if step.checkpoint is not None:
                progress["checkpoint"] = step.checkpoint
                held(self.task).update(checkpoint=step.checkpoint)
        for name, value in progress.items():
            setattr(self.task, name, value)
        self._announce()

    def report(self, done: int, total: int | None = None) -> None:
        """Progress alone; written twice a second at most. Raises like `step`."""
        if time.monotonic() - self._reported < REPORT_SECONDS and not stopping.is_set():
            return
        self._reported = time.monotonic()
        with self.step(done, total=total):
            pass

    def give_way(self) -> None:
        """For a handler that goes on from its last step: called between two items, so that long work keeps nobody
        else from the worker. Raises TurnOver once this attempt has lasted `TASK_SECONDS["turn"]` and others wait."""
        if time.monotonic() < self._turn_ends:
            return
        self._turn_ends = time.monotonic() + GIVE_WAY_SECONDS
        if queue_at(self.now()).length:
            raise TurnOver

    def _hold(self, progress: dict[str, Any]) -> None:
        if stopping.is_set():
            raise Stopped
        rows = held(self.task)
        if rows.filter(cancel_requested=False).update(**progress, lease_until=self.now() + lease()):
            return
        raise Cancelled if rows.exists() else LostClaim

    def _announce(self) -> None:
        # Not in the step's own transaction: that may hold what others wait for, and would then wait for them.
        if time.monotonic() - self._announced >= ANNOUNCE_SECONDS:
            self._announced = time.monotonic()
            with transaction.atomic():
                if held(self.task).exists():
                    announce(self.task, self.now())
