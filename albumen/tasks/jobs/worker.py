"""A worker process: threads that run tasks, one that looks after the queue, and an end in good order."""

import logging
import os
import queue
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections

from albumen.tasks import broker
from albumen.tasks.jobs.tick import tick_until_stopped
from albumen.tasks.services.context import stopping
from albumen.tasks.services.execution import Handler, hand_back_everything, run_task

# How soon a thread that waits for work sees that the process stops.
STOP_CHECK_SECONDS = 0.2
logger = logging.getLogger(__name__)


def work(handlers: Mapping[str, Handler], schedules: Mapping[str, timedelta], *, concurrency: int, tied: bool) -> None:
    """Work on tasks until SIGTERM or Ctrl-C; where `tied` to a parent process, until standard input ends, too.

    `handlers` and `schedules` (the periods of periodic work) are by kind of task. At the end, handlers stop at their
    next step; those that take longer than `TASK_SECONDS["stop"]` are left behind.
    """
    signal.signal(signal.SIGTERM, _stop)
    # Ctrl-C in a terminal reaches children too, and it is for the parent to end this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN if tied else _stop)
    if tied:
        _start(_stop_with_parent)
    if settings.BROKER_URL:
        _start(_receive)
    threads = [_start(tick_until_stopped, schedules), *(_start(_run_tasks, handlers) for _ in range(concurrency))]
    stopping.wait()
    for thread in threads:
        thread.join()


def _start(target: Callable[..., None], *args: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


def _stop(*_: Any) -> None:
    if not stopping.is_set():
        stopping.set()
        _start(_leave_in_time)


def _leave_in_time() -> None:
    time.sleep(settings.TASK_SECONDS["stop"])
    logger.warning("A task did not stop in time; it goes on in another worker.")
    try:
        hand_back_everything()
    finally:
        os._exit(0)


def _stop_with_parent() -> None:
    # Not by a file object: its lock, held here for ever, would make the interpreter abort at its end.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _receive() -> None:
    try:
        broker.receive()
    finally:
        # Celery tries for ever to reach its broker, so this is a defect; a supervisor starts another worker.
        os.kill(os.getpid(), signal.SIGTERM)


def _run_tasks(handlers: Mapping[str, Handler]) -> None:
    """Run what is due until none is left, then wait for an id or for the time of the next look."""
    task_id = None
    while not stopping.is_set():
        try:
            while run_task(handlers, task_id) and not stopping.is_set():
                task_id = None
        except Exception:
            logger.exception("A task could not be claimed or ended; it is taken up again when its lease has lapsed.")
        finally:
            close_old_connections()
        task_id = _wait()


def _wait() -> int | None:
    """Return the id that has arrived, or None when it is time to look at the table of tasks."""
    seconds = settings.TASK_SECONDS["poll_beside_broker" if settings.BROKER_URL else "poll"]
    # Of different length, so that many workers do not look all at once.
    look_at = time.monotonic() + seconds * random.uniform(0.75, 1.25)  # noqa: S311  (not a secret)
    while not stopping.is_set() and (left := look_at - time.monotonic()) > 0:
        try:
            return broker.arrived.get(timeout=min(left, STOP_CHECK_SECONDS))
        except queue.Empty:
            continue
    return None
