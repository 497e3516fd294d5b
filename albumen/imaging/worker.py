"""One decoder process as the server sees it: started, asked, and ended."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

from albumen.imaging.values import Limits

_START_SECONDS = 60.0
_STOP_SECONDS = 2.0
_INHERITED = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "SYSTEMROOT")


class WorkerLost(Exception):
    """The decoder died, or ran out of time where `timed_out` is true. The caller must close the worker."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__(timed_out)
        self.timed_out = timed_out


class WorkerDead(Exception):
    """The decoder had died before it took the job up, so that another can do it."""


class Worker:
    """One decoder process, spoken to in lines of JSON over its standard input and output."""

    def __init__(self, limits: Limits) -> None:
        self.jobs = 0
        self._rest = b""
        command = [sys.executable, "-P", "-m", "albumen.imaging.decoder", json.dumps(asdict(limits))]
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter, this package, limits from the settings
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=_environment()
        )
        self._jobs = cast("IO[bytes]", self.process.stdin)
        self._answers = cast("IO[bytes]", self.process.stdout)
        try:
            self._read(_START_SECONDS)
        except WorkerLost as lost:
            self.close()
            raise RuntimeError("A decoder process could not be started; its standard error says why.") from lost

    def ask(self, job: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Sends one job and waits for its answer. Raises WorkerDead or WorkerLost."""
        self.jobs += 1
        deadline = time.monotonic() + seconds
        try:
            self._jobs.write(json.dumps(job).encode() + b"\n")
            # The first answer says that the job was taken up. An idle decoder may have been killed, by the kernel
            # when memory is short; that must not be held against the file that happens to come next.
            self._read(seconds)
        except OSError as error:
            raise WorkerDead from error
        except WorkerLost as lost:
            if lost.timed_out:
                raise
            raise WorkerDead from lost
        return self._read(deadline - time.monotonic())

    def _read(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        waiting = select.poll()
        waiting.register(self._answers, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.poll(left * 1000):
                raise WorkerLost(timed_out=True)
            chunk = os.read(self._answers.fileno(), 65536)
            if not chunk:
                raise WorkerLost(timed_out=False)
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise WorkerLost(timed_out=False) from error
        if not isinstance(answer, dict):
            raise WorkerLost(timed_out=False)
        return answer

    def close(self) -> None:
        """Kills the process: an idle decoder has nothing to lose, and a busy one is closed because it must stop."""
        self.process.kill()
        self.release()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)

    def release(self) -> None:
        """Closes this side of the pipes without touching the process."""
        for pipe in (self._jobs, self._answers):
            with suppress(OSError):
                pipe.close()


def _environment() -> dict[str, str]:
    """What a decoder gets to know: it may fall to a hostile file, so no secret of the server is passed on."""
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return environment | {
        "PYTHONPATH": os.pathsep.join([root, known]) if known else root,
        "VIPS_CONCURRENCY": "1",
        "VIPS_WARNING": "0",
        "MALLOC_ARENA_MAX": "2",
    }
