"""What a handler is given: the task, and the ways to commit its progress and to learn that it has to end."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from albumen.tasks.models import Task
from albumen.tasks.services.announcements import announce
from albumen.tasks.services.leases import claimed_row, lease_length

REPORT_SECONDS = 0.5
ANNOUNCE_SECONDS = 1.0
# How often a task that has run for its whole turn checks whether other tasks wait.
GIVE_WAY_SECONDS = 1.0

# Set when this process is about to end: every handler stops at its next step.
stopping = threading.Event()


class Interrupted(BaseException):
    """Raised in a handler that has to end now. It is no `Exception`, so that a handler may catch every `Exception` of
    one item and go on with the next."""


class LostClaim(Interrupted):
    """The claim is no longer valid: it was released, or the task was deleted. The handler's step is rolled back."""


class Cancelled(Interrupted):
    """Somebody has requested that the task be cancelled. The handler's step is not begun."""


class Stopped(Interrupted):
    """The task returns to the queue, to be resumed from its checkpoint: this process is about to end, or the task has
    had its turn and other tasks wait."""


@dataclass(slots=True)
class Step:
    """What `TaskContext.step` gives to its block. The block sets `checkpoint` where only its writes decide what it is;
    None leaves the stored one as it is."""

    checkpoint: Mapping[str, object] | None = None


class TaskContext:
    """One attempt at a task. `task` has `done`, `total` and `checkpoint` as the last step has committed them, in this
    attempt or in an earlier one."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._reported = self._announced = float("-inf")
        self._turn_ends = time.monotonic() + settings.TASK_SECONDS["turn"]

    @contextmanager
    def step(
        self,
        done: int | None = None,
        advance: int = 0,
        total: int | None = None,
        checkpoint: Mapping[str, object] | None = None,
    ) -> Iterator[Step]:
        """Run the block in a transaction, which commits its writes and the progress together.

        `done` sets the number of items that are done, and `advance` adds to it; `total` and `checkpoint` stay as they
        are when absent. Raise `Cancelled`, `Stopped` or `LostClaim` before the block begins. Do long work that writes
        nothing before the step, because other writers may have to wait for its end.
        """
        progress: dict[str, object] = {"done": self.task.done + advance if done is None else done}
        if total is not None:
            progress["total"] = total
        if checkpoint is not None:
            progress["checkpoint"] = checkpoint
        step = Step()
        with transaction.atomic():
            self._write_progress(progress)
            yield step
            if step.checkpoint is not None:
                progress["checkpoint"] = step.checkpoint
                claimed_row(self.task).update(checkpoint=step.checkpoint)
        for name, value in progress.items():
            setattr(self.task, name, value)
        self._announce()

    def report(self, done: int, total: int | None = None) -> None:
        """Write progress without other writes, at most twice a second. Raise what `step` raises."""
        if time.monotonic() - self._reported < REPORT_SECONDS and not stopping.is_set():
            return
        self._reported = time.monotonic()
        with self.step(done, total=total):
            pass

    def give_way(self) -> None:
        """Raise `Stopped` once this attempt has lasted `TASK_SECONDS["turn"]` and other tasks wait.

        A handler that can resume from its last step calls this between two items, so that a long task does not keep a
        worker from all others.
        """
        if time.monotonic() < self._turn_ends:
            return
        self._turn_ends = time.monotonic() + GIVE_WAY_SECONDS
        if Task.objects.due(timezone.now()).exists():
            raise Stopped

    def _write_progress(self, progress: Mapping[str, object]) -> None:
        if stopping.is_set():
            raise Stopped
        rows = claimed_row(self.task)
        if rows.filter(cancel_requested=False).update(**progress, lease_until=timezone.now() + lease_length()):
            return
        raise Cancelled if rows.exists() else LostClaim

    def _announce(self) -> None:
        # After the step's transaction: publishing waits for other publishers, which may wait for rows of the step.
        if time.monotonic() - self._announced >= ANNOUNCE_SECONDS:
            self._announced = time.monotonic()
            with transaction.atomic():
                if claimed_row(self.task).exists():
                    announce(self.task, timezone.now())
