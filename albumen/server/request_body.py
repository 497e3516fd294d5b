"""Request bodies on their way in: collected before they take a thread, and limited in time and space."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import IO, Any

from django.conf import settings

from albumen.storage import storage
from albumen.uploads.temporary import BodyIncomplete

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Bytes a second that a body has to bring.
LEAST_RATE = 1000
# Handing a piece to a thread costs more than reading it. So a thread gets this much at a time of a body that is still
# coming, and this much of one that was collected.
GATHERED_BYTES = 512 * 1024
HANDED_BYTES = 4 * 1024 * 1024
# A body that is longer, or for which there is no room, takes its thread before it is whole.
LONGEST_BUFFERED = 256 * 1024 * 1024
# What all collected bodies together may take: in memory, and then on the disk.
MEMORY_BYTES = 32 * 1024 * 1024
DISK_BYTES = 2 * 1024 * 1024 * 1024
# How long the rest of a refused body is read.
DRAIN_SECONDS = 2
SERVER_ENDED = "The server ended before the body was whole."
# Threads that may wait for the rest of a body: never all of them.
_unfinished = asyncio.Semaphore(max(1, settings.THREADS // 2))


def _incomplete(reason: str) -> BodyIncomplete:
    return BodyIncomplete("body_incomplete", f"{reason} Send it again.")


class BodyBuffer:
    """The beginning of a body that nobody reads yet: in memory while there is room, then in a file without a name,
    which is gone with its process."""

    _in_memory = 0
    _on_disk = 0

    def __init__(self) -> None:
        self.size = 0
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._read = 0

    def add(self, piece: bytes) -> bool:
        """Keep the piece, and return whether there is room for more."""
        self.size += len(piece)
        self._memory += piece
        BodyBuffer._in_memory += len(piece)
        if self.size >= LONGEST_BUFFERED:
            return False
        if self._file is None and BodyBuffer._in_memory <= MEMORY_BYTES:
            return True
        return self._write()

    def _write(self) -> bool:
        if BodyBuffer._on_disk + len(self._memory) > DISK_BYTES:
            return False
        try:
            if self._file is None:
                folder = storage().incoming
                folder.mkdir(parents=True, exist_ok=True)
                self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  (`close` closes it)
            while self._memory:
                done = os.pwrite(self._file.fileno(), self._memory, self._written)
                self._written += done
                BodyBuffer._on_disk += done
                self._forget(done)
        except OSError:
            # A full disk, most of the time: storing the upload will find that out, and say so.
            return False
        return True

    def take(self) -> bytes:
        """Return the next piece, of up to HANDED_BYTES; empty once all were taken."""
        if self._file is not None and self._read < self._written:
            piece = os.pread(self._file.fileno(), HANDED_BYTES, self._read)
            self._read += len(piece)
        else:
            with memoryview(self._memory) as memory:
                piece = bytes(memory[:HANDED_BYTES])
            self._forget(len(piece))
        self.size -= len(piece)
        return piece

    def close(self) -> None:
        self.size = 0
        self._forget(len(self._memory))
        if self._file is not None:
            self._file.close()
            BodyBuffer._on_disk -= self._written
            self._file, self._written = None, 0

    def _forget(self, size: int) -> None:
        del self._memory[:size]
        BodyBuffer._in_memory -= size


class RequestBody:
    """A request's body: collected before it takes a thread, refused when it stalls, drips or breaks off, and read to
    its end after an early refusal."""

    def __init__(self, receive: Receive, headers: dict[bytes, bytes]) -> None:
        self.buffer = BodyBuffer()
        self._receive = receive
        self._ended = False
        # Why it ended before it was whole.
        self._failure: BodyIncomplete | None = None
        self._patience = settings.STALLED_SECONDS
        self._waits_for_continue = b"expect" in headers
        self._is_chunked = b"transfer-encoding" in headers
        self._left = int(headers.get(b"content-length", b"0"))
        self._has_body = self._is_chunked or self._left > 0

    async def collect(self) -> None:
        """Wait for the whole body, so that a slow one costs no thread; `BodyIncomplete`. A body that is far too long
        is not waited for, and may be refused before it comes."""
        if not self._has_body or self._waits_for_continue or self._left > LONGEST_BUFFERED:
            return
        try:
            while not self._ended and self.buffer.add(await self._piece()):
                pass
        except asyncio.CancelledError:
            raise _incomplete(SERVER_ENDED) from None
        if self._failure is not None:
            raise self._failure

    @asynccontextmanager
    async def thread(self) -> AsyncIterator[None]:
        """Wait until a body that is not whole may take a thread; `BodyIncomplete` when the server ends before."""
        if self._ended or not self._has_body:
            yield
            return
        try:
            await _unfinished.acquire()
        except asyncio.CancelledError:
            raise _incomplete(SERVER_ENDED) from None
        try:
            yield
        finally:
            _unfinished.release()

    async def receive(self) -> Message:
        """Return the next piece as ASGI has it; `BodyIncomplete` instead of the end of a body that is not whole."""
        piece = self.buffer.take() or await self._gathered()
        return {"type": "http.request", "body": piece, "more_body": self.buffer.size > 0 or not self._ended}

    async def _gathered(self) -> bytes:
        pieces = bytearray()
        while len(pieces) < GATHERED_BYTES and not self._ended:
            pieces += await self._piece()
        if self._failure is not None:
            raise self._failure
        return bytes(pieces)

    async def _piece(self) -> bytes:
        """Return what has come by now; empty at the end."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self._patience):
                message = await self._receive()
        except TimeoutError:
            self._ended = True
            self._failure = _incomplete("The body stood still, or came too slowly.")
            return b""
        piece: bytes = message.get("body", b"")
        self._ended = not message.get("more_body", False)
        self._left -= len(piece)
        if message["type"] == "http.disconnect" or (self._ended and self._left > 0):
            self._failure = _incomplete("The body ended before it was whole.")
        # Waiting uses patience up, and bytes give it back; never more of it than at first.
        left = self._patience - (clock() - began) + len(piece) / LEAST_RATE
        self._patience = min(settings.STALLED_SECONDS, left)
        return piece

    def closing(self, send: Send) -> Send:
        """Return a `send` that closes the connection after an answer that comes before the end of the body. Before
        that it reads what still comes for a moment, else the client may never see the answer."""

        async def answer(message: Message) -> None:
            unread = self._has_body and not self._ended
            if message["type"] == "http.response.start":
                if unread or self._failure is not None:
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            # The last message is empty: all of the answer is out by now. A client that waits for "100 Continue" sends
            # nothing more once it has its answer.
            elif unread and not message.get("more_body") and not self._waits_for_continue:
                await self.drain()
            await send(message)

        return answer

    async def drain(self) -> None:
        """Read the rest of the body, for at most DRAIN_SECONDS."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while (await self._receive()).get("more_body", False):
                    pass
