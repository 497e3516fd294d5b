"""Request bodies on their way in, before anybody reads them."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import IO, Any

from django.conf import settings

from albumen.storage import storage

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

# Bytes a second that the rest of a body has to have.
LEAST_RATE = 1000
# What a thread is handed at a time, because each time costs more than reading it: of a body that comes meanwhile, and
# of one that is there.
GATHERED_BYTES = 512 * 1024
HANDED_BYTES = 4 * 1024 * 1024
# A body that is longer, or for which there is no room, takes its thread before it is whole.
LONGEST_AHEAD = 256 * 1024 * 1024
# What all the bodies that are waited for may take: in memory, and then on the disk.
MEMORY_AHEAD = 32 * 1024 * 1024
DISK_AHEAD = 2 * 1024 * 1024 * 1024
# How long the rest of a body is read that nobody wants.
DRAIN_SECONDS = 2
SERVER_ENDED = "The server ended before the body was whole. Send it again."
# Threads that wait for the rest of their bodies: never all of them.
_unfinished = asyncio.Semaphore(max(1, settings.THREADS // 2))


class GivenUp(Exception):
    """A body is waited for no longer; the text says why."""


class _Ahead:
    """What has come of a body before anybody reads it: in memory while there is room for it, then in a file without a
    name, which is gone with its process."""

    _in_memory = 0
    _on_disk = 0

    def __init__(self) -> None:
        self.size = 0
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._read = 0

    def add(self, piece: bytes) -> bool:
        """Whether there is room for more. The piece is taken in any case."""
        self.size += len(piece)
        self._memory += piece
        _Ahead._in_memory += len(piece)
        if self.size >= LONGEST_AHEAD:
            return False
        if self._file is None and _Ahead._in_memory <= MEMORY_AHEAD:
            return True
        return self._write()

    def _write(self) -> bool:
        if _Ahead._on_disk + len(self._memory) > DISK_AHEAD:
            return False
        try:
            if self._file is None:
                folder = storage().incoming
                folder.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  (`close` closes it)
            while self._memory:
                done = os.pwrite(self._file.fileno(), self._memory, self._written)
                self._written += done
                _Ahead._on_disk += done
                self._let_go(done)
        except OSError:
            # A full disk, most of the time. Who keeps the body for good will find that out, and say so.
            return False
        return True

    def take(self) -> bytes:
        """The next piece, up to HANDED_BYTES; nothing once all were taken."""
        if self._file is not None and self._read < self._written:
            piece = os.pread(self._file.fileno(), HANDED_BYTES, self._read)
            self._read += len(piece)
        else:
            with memoryview(self._memory) as memory:
                piece = bytes(memory[:HANDED_BYTES])
            self._let_go(len(piece))
        self.size -= len(piece)
        return piece

    def close(self) -> None:
        self.size = 0
        self._let_go(len(self._memory))
        if self._file is not None:
            self._file.close()
            _Ahead._on_disk -= self._written
            self._file, self._written = None, 0

    def _let_go(self, size: int) -> None:
        del self._memory[:size]
        _Ahead._in_memory -= size


class Body:
    """A request's body on its way in: waited for before it takes a thread, given up when it stalls or drips, and read
    to its end after an early refusal."""

    def __init__(self, receive: Receive, scope: Message) -> None:
        self.ahead = _Ahead()
        self._receive = receive
        self._scope = scope
        self._ended = False
        # It ended because the client went or was too slow, where a body without a length looks like a whole one.
        self.broken = self._too_slow = False
        self._patience = settings.STALLED_SECONDS
        self.began = asyncio.get_running_loop().time()
        headers = dict(scope["headers"])
        self._waits = b"expect" in headers
        length = headers.get(b"content-length", b"0")
        self._has_body = length != b"0" or b"transfer-encoding" in headers
        self._is_long = length.isdigit() and int(length) > LONGEST_AHEAD

    async def gather(self) -> None:
        """Wait for the whole of it, so that a slow one costs no thread; `GivenUp` on one that is too slow. One that is
        far too long may be refused before it comes."""
        if not self._has_body or self._waits or self._is_long:
            return
        try:
            while not self._ended and self.ahead.add(await self._piece()):
                pass
        except asyncio.CancelledError:
            raise GivenUp(SERVER_ENDED) from None
        if self._too_slow:
            raise GivenUp("The body stood still, or came too slowly. Send it again.")
        if self.broken:
            raise GivenUp("The body ended before it was whole. Send it again.")

    @asynccontextmanager
    async def thread(self) -> AsyncIterator[None]:
        """Leave to take a thread; `GivenUp` when the server ends before there is one."""
        if self._ended or not self._has_body:
            yield
            return
        try:
            await _unfinished.acquire()
        except asyncio.CancelledError:
            raise GivenUp(SERVER_ENDED) from None
        try:
            yield
        finally:
            _unfinished.release()

    async def receive(self) -> Message:
        piece = self.ahead.take() or await self._more()
        return {"type": "http.request", "body": piece, "more_body": self.ahead.size > 0 or not self._ended}

    async def _more(self) -> bytes:
        """The next half megabyte or so: handing each small piece to a thread costs more than reading it."""
        pieces = bytearray()
        while len(pieces) < GATHERED_BYTES and not self._ended:
            pieces += await self._piece()
        return bytes(pieces)

    async def _piece(self) -> bytes:
        """What has come by now; nothing at the end."""
        clock = asyncio.get_running_loop().time
        asked = clock()
        try:
            async with asyncio.timeout(self._patience):
                message = await self._receive()
        except TimeoutError:
            self._ended = self.broken = self._too_slow = True
            return b""
        self._ended = not message.get("more_body", False)
        self.broken = message["type"] == "http.disconnect" or self._scope.get("albumen.broke_off", False)
        piece: bytes = message.get("body", b"")
        # What was waited is used up, and comes back with the bytes; never more of it than at first.
        left = self._patience - (clock() - asked) + len(piece) / LEAST_RATE
        self._patience = min(settings.STALLED_SECONDS, left)
        return piece

    def answer_with(self, send: Send) -> Send:
        async def answer(message: Message) -> None:
            unread = self._has_body and (self.broken or not self._ended)
            if message["type"] == "http.response.start" and unread:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            # A client that waits for "100 Continue" sends nothing more once it has its answer.
            unread = unread and not (self._waits or self.broken)
            if message["type"] == "http.response.body" and not message.get("more_body") and unread:
                # All of the answer is out by now: this message is empty.
                await self.drain()
            await send(message)

        return answer

    async def drain(self) -> None:
        """Closing on unread bytes resets the connection, and the client may never see why it was refused."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while (await self._receive()).get("more_body", False):
                    pass
