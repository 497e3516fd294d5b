"""The decoder processes of one server process: a bounded set, started when needed, replaced when one dies."""

import os
import threading
from collections.abc import Mapping
from typing import Any

from albumen.imaging.values import Busy, Limits, Refused
from albumen.imaging.worker import Worker, WorkerDead, WorkerLost

WAIT_SECONDS = 30.0
JOBS_PER_WORKER = 500


class Pool:
    """At most `limits.workers` decoders at once; callers beyond that wait their turn. Safe from many threads."""

    def __init__(self, limits: Limits, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._limits = limits
        self._wait_seconds = wait_seconds
        self._slots = threading.BoundedSemaphore(limits.workers or os.cpu_count() or 1)
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._closed = False

    def run(self, job: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """Run one job in a decoder and return its answer.

        Raise Busy when no decoder came free in time (at once unless `wait`), and Refused when the job killed its
        decoder or outlasted it.
        """
        if not self._slots.acquire(timeout=self._wait_seconds if wait else 0):
            raise Busy("Every decoder is taken.")
        try:
            while True:
                worker = self._take()
                try:
                    answer = worker.ask(job, self._limits.seconds)
                except WorkerDead:
                    self._drop(worker)
                except WorkerLost as lost:
                    self._drop(worker)
                    raise _refusal(lost) from None
                except BaseException:
                    self._drop(worker)
                    raise
                else:
                    if answer.pop("ends", False):
                        self._drop(worker)
                    else:
                        self._give_back(worker)
                    return answer
        finally:
            self._slots.release()

    def busy(self) -> int:
        """How many decoders are at work."""
        with self._lock:
            return len(self._all) - len(self._idle)

    def close(self) -> None:
        """Ends every decoder. Jobs that still run are refused."""
        with self._lock:
            self._closed = True
            workers, self._all, self._idle = self._all, set(), []
        for worker in workers:
            worker.close()

    def forget(self) -> None:
        """Lets go of the pipes of decoders that belong to the process this one was forked from."""
        for worker in self._all:
            worker.release()

    def _take(self) -> Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        worker = Worker(self._limits)
        with self._lock:
            self._all.add(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if not self._closed and worker.jobs < JOBS_PER_WORKER:
                self._idle.append(worker)
                return
        self._drop(worker)

    def _drop(self, worker: Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.close()


def _refusal(lost: WorkerLost) -> Refused:
    if lost.timed_out:
        return Refused("undecodable", "The picture takes too long to decode; save it again or smaller and try again.")
    return Refused("undecodable", "The picture could not be decoded; save it again in an image editor and try again.")


class Decoders:
    """Return the pool of this process. It is created for the first job, and again after a fork or if limits change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits = Limits()
        self._pool: Pool | None = None
        os.register_at_fork(after_in_child=self._start_anew)

    def configure(self, limits: Limits) -> None:
        """Sets the limits for every later job; decoders that already run are ended."""
        with self._lock:
            self._limits = limits
        self.shutdown()

    def run(self, job: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """Run one job: see Pool.run. Raise what the decoder answered, too: Refused or OSError."""
        with self._lock:
            if self._pool is None:
                self._pool = Pool(self._limits)
            pool = self._pool
        answer = pool.run(job, wait=wait)
        if "refused" in answer:
            raise Refused(*answer["refused"])
        if "oserror" in answer:
            raise OSError(*answer["oserror"])
        return answer

    def busy(self) -> int:
        """How many decoders are at work."""
        with self._lock:
            pool = self._pool
        return pool.busy() if pool else 0

    def shutdown(self) -> None:
        """Ends the decoders; a later job starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _start_anew(self) -> None:
        """After a fork the decoders belong to the parent: holding their pipes open would keep them from ending."""
        self._lock = threading.Lock()
        if self._pool is not None:
            self._pool.forget()
            self._pool = None
