"""A task as its handler sees it."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from albumen.tasks.models import Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.leases import held, lease

REPORT_SECONDS = 0.5
ANNOUNCE_SECONDS = 1.0
# How often a task whose turn is over looks whether others wait.
GIVE_WAY_SECONDS = 1.0

# Set when this process is about to end: every handler stops at its next step.
stopping = threading.Event()


class Interrupted(BaseException):
    """The handler has to end now. Not an `Exception`, so that a handler that catches the failures of single items lets
    it through."""


class LostClaim(Interrupted):
    """Another worker has taken the task over, or it was deleted; nothing that this worker writes may count."""


class Cancelled(Interrupted):
    """It was requested to cancel the task."""


class Stopped(Interrupted):
    """The task goes on later: its worker process ends, or it has had its turn and other tasks wait."""


@dataclass(slots=True)
class Step:
    """A step that is being committed. Set `checkpoint` where it is not known before the writes of the block."""

    checkpoint: Mapping[str, object] | None = None


class TaskContext:
    """One attempt at a task. `done`, `total` and `checkpoint` are as the last step committed them, in this attempt or
    an earlier one."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._reported = self._announced = float("-inf")
        self._turn_ends = time.monotonic() + settings.TASK_SECONDS["turn"]

    @property
    def task_id(self) -> int:
        """Return the id of the task."""
        return self.task.pk

    @property
    def owner_id(self) -> int | None:
        """Return the id of the user who started the task; None for scheduled work."""
        return self.task.owner_id

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the task was started with, as JSON holds it."""
        arguments: dict[str, Any] = self.task.arguments
        return arguments

    @property
    def checkpoint(self) -> dict[str, Any]:
        """Return what the last step stored for the next attempt."""
        checkpoint: dict[str, Any] = self.task.checkpoint
        return checkpoint

    @property
    def done(self) -> int:
        """Return how many items are done."""
        return self.task.done

    @property
    def total(self) -> int | None:
        """Return how many items there are; None while that is not known."""
        return self.task.total

    def now(self) -> datetime:
        """Return the present time."""
        return timezone.now()

    @contextmanager
    def step(
        self,
        done: int | None = None,
        advance: int = 0,
        total: int | None = None,
        checkpoint: Mapping[str, object] | None = None,
    ) -> Iterator[Step]:
        """Run the block in a transaction: what it writes is committed together with the progress, or neither is.

        `done` sets the progress and `advance` adds to it; `total` and `checkpoint` stay as they are when absent.
        Raises Cancelled, Stopped or LostClaim before the block begins. Long work that writes nothing belongs before
        the step, because other writers may have to wait for its end.
        """
        progress: dict[str, object] = {"done": self.task.done + advance if done is None else done}
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
        """Write progress alone, twice a second at most. Raises as `step` does."""
        if time.monotonic() - self._reported < REPORT_SECONDS and not stopping.is_set():
            return
        self._reported = time.monotonic()
        with self.step(done, total=total):
            pass

    def give_way(self) -> None:
        """Raise Stopped once this attempt has lasted `TASK_SECONDS["turn"]` and other tasks wait.

        A handler that can go on from its last step calls this between two items, so that long work does not block
        the worker.
        """
        if time.monotonic() < self._turn_ends:
            return
        self._turn_ends = time.monotonic() + GIVE_WAY_SECONDS
        if Task.objects.due(self.now()).exists():
            raise Stopped

    def _hold(self, progress: Mapping[str, object]) -> None:
        if stopping.is_set():
            raise Stopped
        rows = held(self.task)
        if rows.filter(cancel_requested=False).update(**progress, lease_until=self.now() + lease()):
            return
        raise Cancelled if rows.exists() else LostClaim

    def _announce(self) -> None:
        # Not in the transaction of the step: publishing waits for others, and they may wait for what the step holds.
        if time.monotonic() - self._announced >= ANNOUNCE_SECONDS:
            self._announced = time.monotonic()
            with transaction.atomic():
                if held(self.task).exists():
                    announce(self.task, self.now())
