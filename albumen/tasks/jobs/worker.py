"""A worker process: threads that run tasks, a thread for heartbeats and schedules, and a shutdown in good order."""

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
from albumen.tasks.services.execution import Handler, hand_back_running_tasks, run_task

# How often a thread that waits for work checks whether the process stops.
STOP_CHECK_SECONDS = 0.2
logger = logging.getLogger(__name__)


def work(handlers: Mapping[str, Handler], schedules: Mapping[str, timedelta], *, concurrency: int, tied: bool) -> None:
    """Run tasks in `concurrency` threads until SIGTERM or Ctrl-C; where the process is `tied` to its parent, also
    until standard input ends.

    `handlers` maps each kind of task to its function, and `schedules` each kind of periodic work to its period. On
    shutdown, handlers stop at their next step; a handler that takes longer than `TASK_SECONDS["stop"]` is abandoned,
    and its task goes back to the queue.
    """
    signal.signal(signal.SIGTERM, _stop)
    # Ctrl-C in a terminal reaches children too, and it is for the parent to end this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN if tied else _stop)
    if tied:
        _start(_stop_with_parent)
    if settings.BROKER_URL:
        _start(_receive)
    # One thread is left for others, however many tasks one user has started.
    each = max(1, concurrency - 1)
    threads = [_start(_run_tasks, handlers, each) for _ in range(concurrency)]
    threads.append(_start(tick_until_stopped, schedules))
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
        hand_back_running_tasks()
    finally:
        os._exit(0)


def _stop_with_parent() -> None:
    # os.read and no file object, whose lock this thread would hold for ever: the interpreter would abort on exit.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _receive() -> None:
    try:
        broker.receive()
    finally:
        # Celery retries for ever, so it returns only by a defect: end the process, and a supervisor starts another.
        os.kill(os.getpid(), signal.SIGTERM)


def _run_tasks(handlers: Mapping[str, Handler], each: int) -> None:
    """Run due tasks until none is left, then wait for an id from the broker or for the next poll; until the process
    stops."""
    task_id = None
    while not stopping.is_set():
        try:
            while run_task(handlers, task_id, each=each) and not stopping.is_set():
                task_id = None
        except Exception:
            logger.exception("A task could not be claimed or ended; it is run again when its lease has expired.")
        finally:
            close_old_connections()
        task_id = _wait()


def _wait() -> int | None:
    """Wait for the id of a task from the broker, and return it; None when it is time to poll the table of tasks."""
    seconds = settings.TASK_SECONDS["poll_beside_broker" if settings.BROKER_URL else "poll"]
    # Random, so that many workers do not poll at the same moment.
    poll_at = time.monotonic() + seconds * random.uniform(0.75, 1.25)  # noqa: S311  (not a secret)
    while not stopping.is_set() and (left := poll_at - time.monotonic()) > 0:
        try:
            return broker.arrived.get(timeout=min(left, STOP_CHECK_SECONDS))
        except queue.Empty:
            continue
    return None
