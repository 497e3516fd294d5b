"""A worker process: it takes ids from the engine, and ends in good order."""

import logging
import os
import queue
import signal
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils.module_loading import import_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from albumen.tasks.jobs.tick import start_ticking
from albumen.tasks.services.execution import hand_back_everything
from albumen.tasks.services.run import stopping

logger = logging.getLogger(__name__)


def work(*, concurrency: int, tied: bool) -> None:
    """Works until SIGTERM or Ctrl-C; where it is `tied` to a parent, until standard input ends, too.

    Then handlers stop at their next step. Those that take longer than `TASK_SECONDS["stop"]` are left behind.
    """
    signal.signal(signal.SIGTERM, _stop)
    # Ctrl-C in a terminal reaches children too, and it is for the parent to end this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN if tied else _stop)
    if tied:
        threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    start_ticking()
    backend: Any = task_backends[DEFAULT_TASK_BACKEND_ALIAS]
    if hasattr(backend, "app"):
        _work_for_celery(backend.app, concurrency)
    else:
        _work_for_database(concurrency)


def _stop(*_: Any) -> None:
    if not stopping.is_set():
        stopping.set()
        threading.Thread(target=_leave_in_time, name="stop", daemon=True).start()


def _leave_in_time() -> None:
    time.sleep(settings.TASK_SECONDS["stop"])
    logger.warning("A task did not stop in time; it goes on in another worker.")
    try:
        hand_back_everything()
    finally:
        os._exit(0)


def _end_with_parent() -> None:
    # Not by a file object: its lock, held here for ever, would make the interpreter abort at its end.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _work_for_database(concurrency: int) -> None:
    workers = [_DatabaseWorker(number) for number in range(concurrency)]
    for worker in workers:
        worker.thread.start()
    stopping.wait()
    for worker in workers:
        worker.engine.running = False
    for worker in workers:
        worker.thread.join()


class _DatabaseWorker:
    """One thread that takes ids from the database. The engine's own loop would take SQLite's one write lock at each
    look; this one reads first."""

    def __init__(self, number: int) -> None:
        self.thread = threading.Thread(target=self._work, name=f"worker {number}", daemon=True)
        self.engine = Worker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=0,
            batch=True,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{os.getpid()}-{number}",
        )

    def _work(self) -> None:
        ready = DBTaskResult.objects.filter(backend_name=DEFAULT_TASK_BACKEND_ALIAS)
        while not stopping.is_set():
            try:
                if ready.ready().exists():
                    self.engine.run()
            except DatabaseError:
                logger.exception("The queue could not be read; it is tried again in a moment.")
            finally:
                close_old_connections()
            stopping.wait(settings.TASK_SECONDS["poll"])


def _work_for_celery(app: Any, concurrency: int) -> None:
    from celery.worker import state

    def pass_on() -> None:
        stopping.wait()
        state.should_stop = 0

    threads = [
        threading.Thread(target=_take_calls, name=f"worker {number}", daemon=True) for number in range(concurrency)
    ]
    threads.append(threading.Thread(target=pass_on, name="stop Celery", daemon=True))
    for thread in threads:
        thread.start()
    app.WorkController(pool="solo", without_mingle=True, without_gossip=True, without_heartbeat=True).start()
    stopping.set()
    for thread in threads:
        thread.join()


def _take_calls() -> None:
    from albumen.tasks.backends import arrived

    while True:
        try:
            path, args, kwargs = arrived.get(timeout=settings.TASK_SECONDS["poll"])
        except queue.Empty:
            if stopping.is_set():
                return
            continue
        close_old_connections()
        try:
            import_string(path).call(*args, **kwargs)
        except Exception:
            logger.exception("A task could not be claimed or ended; it is taken up again when its lease has lapsed.")
        finally:
            close_old_connections()
