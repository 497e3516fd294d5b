"""The worker processes that a server starts, watches, and replaces when they die."""

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress

from django.conf import settings

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds
STEADY_SECONDS = 60.0
logger = logging.getLogger(__name__)


class Workers:
    """`count` worker processes. The standard input of each is a pipe from this process, and it ends when the pipe
    is closed, so no worker outlives this process, even if it is killed."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._watchers = [
            threading.Thread(target=self._watch, name=f"worker {number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        for watcher in self._watchers:
            watcher.start()

    def stop(self) -> None:
        """End the workers, if they were started, and wait for them as long as they may take."""
        with self._lock:
            self._ended.set()
            for process in self._processes:
                process.terminate()
        for watcher in self._watchers:
            if watcher.is_alive():
                watcher.join(settings.TASK_SECONDS["stop"] + 5)

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while process := self._start_one():
            began = time.monotonic()
            status = process.wait()
            with self._lock:
                self._processes.discard(process)
            with suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            if not self._ended.is_set():
                logger.error("A worker ended with status %s; another one starts in %g s.", status, pause)
            self._ended.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _start_one(self) -> subprocess.Popen[bytes] | None:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--tied"]
        with self._lock:
            if self._ended.is_set():
                return None
            process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - this interpreter and this code
            self._processes.add(process)
        return process
