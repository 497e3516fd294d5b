"""The decoder processes of one server process: a bounded set, started when needed, replaced when one dies."""

import os
import threading
from collections.abc import Mapping
from typing import Any

from albumen.imaging.decoder_process import DecoderLost, DecoderProcess, DecoderSlow, OutOfTime
from albumen.imaging.values import DecodersBusy, Limits, Refused
from albumen.sentences import unpack

WAIT_SECONDS = 30.0
COMMANDS_PER_DECODER = 500


class DecoderPool:
    """A pool of at most `limits.decoders` decoders; further callers wait their turn. Safe from many threads."""

    def __init__(self, limits: Limits, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._limits = limits
        self._wait_seconds = wait_seconds
        self._slots = threading.BoundedSemaphore(limits.decoders or os.cpu_count() or 1)
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()
        self._closed = False

    def run(self, command: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """Run one command in a decoder and return its answer.

        Raise DecodersBusy when no decoder came free in time (at once unless `wait`), or when the machine was too busy
        for it to end in time, and Refused when the decoder died or used up its processor time.
        """
        if not self._slots.acquire(timeout=self._wait_seconds if wait else 0):
            raise DecodersBusy
        try:
            decoder = self._take()
            try:
                answer = decoder.send(command, self._limits.patience)
            except BaseException as error:
                self._drop(decoder)
                if isinstance(error, DecoderLost):
                    raise _refusal(error) from None
                raise
            if answer.pop("ends", False):
                self._drop(decoder)
            else:
                self._give_back(decoder)
            return answer
        finally:
            self._slots.release()

    def busy(self) -> int:
        """Return the number of decoders that are decoding."""
        with self._lock:
            return len(self._all) - len(self._idle)

    def close(self) -> None:
        """End every decoder; commands that still run are refused."""
        with self._lock:
            self._closed = True
            decoders, self._all, self._idle = self._all, set(), []
        for decoder in decoders:
            decoder.close()

    def forget(self) -> None:
        """Close the pipes to decoders that belong to the process which this one was forked from."""
        for decoder in self._all:
            decoder.release()

    def _take(self) -> DecoderProcess:
        with self._lock:
            while self._idle:
                decoder = self._idle.pop()
                # The kernel kills idle decoders when memory is short.
                if decoder.process.poll() is None:
                    return decoder
                self._all.discard(decoder)
                decoder.release()
        decoder = DecoderProcess(self._limits)
        with self._lock:
            self._all.add(decoder)
        return decoder

    def _give_back(self, decoder: DecoderProcess) -> None:
        with self._lock:
            if not self._closed and decoder.commands_sent < COMMANDS_PER_DECODER:
                self._idle.append(decoder)
                return
        self._drop(decoder)

    def _drop(self, decoder: DecoderProcess) -> None:
        with self._lock:
            self._all.discard(decoder)
        decoder.close()


def _refusal(lost: DecoderLost) -> Refused | DecodersBusy:
    if isinstance(lost, DecoderSlow):
        return DecodersBusy()
    if isinstance(lost, OutOfTime):
        return Refused("undecodable", "The picture takes too long to decode; save it again or smaller and try again.")
    return Refused("undecodable", "The picture could not be decoded; save it again in an image editor and try again.")


class SharedPool:
    """The pool of this server process: started by the first command, and again after a fork or with other limits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits = Limits()
        self._pool: DecoderPool | None = None
        os.register_at_fork(after_in_child=self._reset_after_fork)

    def configure(self, limits: Limits) -> None:
        """Set the limits for every later command and end the decoders that run."""
        with self._lock:
            self._limits = limits
        self.shutdown()

    def run(self, command: Mapping[str, Any], *, wait: bool = True) -> dict[str, Any]:
        """Run one command as DecoderPool.run does, and raise Refused or OSError where the decoder reports it."""
        with self._lock:
            if self._pool is None:
                self._pool = DecoderPool(self._limits)
            pool = self._pool
        answer = pool.run(command, wait=wait)
        if "refused" in answer:
            code, detail = answer["refused"]
            raise Refused(code, unpack(detail))
        if "oserror" in answer:
            raise OSError(*answer["oserror"])
        return answer

    def busy(self) -> int:
        """Return the number of decoders that are decoding."""
        with self._lock:
            pool = self._pool
        return pool.busy() if pool else 0

    def shutdown(self) -> None:
        """End the decoders; a later command starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _reset_after_fork(self) -> None:
        """Forget the parent's decoders after a fork: pipes that stay open here would keep them from ending."""
        self._lock = threading.Lock()
        if self._pool is not None:
            self._pool.forget()
            self._pool = None
