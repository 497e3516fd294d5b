"""A decoder process from the server's side: start it, send it commands, end it."""

import json
import os
import select
import signal
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


class DecoderLost(Exception):
    """The decoder died in the middle of a command; the caller must close it."""


class DecoderSlow(DecoderLost):
    """The decoder did not answer in time. It may be the machine that is slow, and not the picture."""


class OutOfTime(DecoderLost):
    """The command has used up its processor time."""


class DecoderProcess:
    """A decoder process, which reads and writes lines of JSON on its standard input and output."""

    def __init__(self, limits: Limits) -> None:
        self.commands_sent = 0
        self._buffer = b""
        command = [sys.executable, "-P", "-m", "albumen.imaging.decoder", json.dumps(asdict(limits))]
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter, this package, limits from the settings
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=_environment()
        )
        self._stdin = cast("IO[bytes]", self.process.stdin)
        self._stdout = cast("IO[bytes]", self.process.stdout)
        try:
            self._read(_START_SECONDS)
        except DecoderLost as lost:
            self.close()
            raise RuntimeError("A decoder process could not be started; its standard error says why.") from lost

    def send(self, command: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send one command and return its answer within so many seconds of wall time. Raise DecoderLost."""
        self.commands_sent += 1
        try:
            self._stdin.write(json.dumps(command).encode() + b"\n")
        except OSError as error:
            raise DecoderLost from error
        return self._read(seconds)

    def _read(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        waiting = select.poll()
        waiting.register(self._stdout, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not waiting.poll(left * 1000):
                raise DecoderSlow
            chunk = os.read(self._stdout.fileno(), 65536)
            if not chunk:
                raise self._loss()
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise DecoderLost from error
        if not isinstance(answer, dict):
            raise DecoderLost
        return answer

    def _loss(self) -> DecoderLost:
        """Return why the process has closed its output."""
        with suppress(subprocess.TimeoutExpired):
            if self.process.wait(_STOP_SECONDS) == -signal.SIGPROF:
                return OutOfTime()
        return DecoderLost()

    def close(self) -> None:
        """Kill the process: an idle decoder has nothing to lose, and a busy one is closed because it must stop."""
        self.process.kill()
        self.release()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)

    def release(self) -> None:
        """Close this side of the pipes and let the process run."""
        for pipe in (self._stdin, self._stdout):
            with suppress(OSError):
                pipe.close()


def _environment() -> dict[str, str]:
    """Return the decoder's environment, without the server's secrets: a hostile file may take the process over."""
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return environment | {
        "PYTHONPATH": os.pathsep.join([root, known]) if known else root,
        "VIPS_CONCURRENCY": "1",
        "VIPS_WARNING": "0",
        "MALLOC_ARENA_MAX": "2",
    }
