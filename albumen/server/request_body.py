"""Request bodies: buffered before the request takes a thread, with a least rate, and limits of memory and disk."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import IO, Any

from django.conf import settings

from albumen.places import QUEUE_SECONDS, QUEUED, Places
from albumen.sentences import Sentence
from albumen.storage import storage
from albumen.uploads.temporary import BodyIncomplete

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Bytes a second. A slower body is refused, as is one that stops for STALLED_SECONDS.
LEAST_RATE = 1000
# The size of the pieces that a thread gets: of a body that is still arriving, and of a buffered one. They are large,
# because passing a piece from the event loop to a thread costs more than reading it.
GATHERED_BYTES = 512 * 1024
HANDED_BYTES = 4 * 1024 * 1024
# A longer body is not buffered whole: its request takes a thread while the rest arrives.
LONGEST_BUFFERED = 256 * 1024 * 1024
# The limits of all buffers together: first in memory, then in files.
MEMORY_BYTES = 32 * 1024 * 1024
DISK_BYTES = 2 * 1024 * 1024 * 1024
# After an early response, the rest of the body is read and dropped for so long.
DRAIN_SECONDS = 2
# For requests whose thread waits for the client to send more.
_unfinished = Places(
    "unfinished_bodies",
    size=QUEUED,
    at_once=settings.THREADS // 2,
    each=settings.THREADS // 8,
    seconds=QUEUE_SECONDS,
    busy="server_busy",
)
SERVER_ENDED = Sentence("The server ended before the body was whole.")


def _incomplete(reason: Sentence) -> BodyIncomplete:
    return BodyIncomplete("body_incomplete", Sentence("%(reason)s Send it again.", reason=reason))


class BodyBuffer:
    """The part of a body that has arrived, before anything reads it. It is in memory while all buffers fit there, and
    then in a file without a name, which disappears with the process."""

    _in_memory = 0
    _on_disk = 0

    def __init__(self) -> None:
        self.size = 0
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._read = 0

    def add(self, piece: bytes) -> bool:
        """Append the piece. Return whether the buffer takes more; false if it is full."""
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
            # Mostly a full disk. What is not written stays in memory; storing the upload will raise `OutOfSpace`.
            return False
        return True

    def take(self) -> bytes:
        """Remove and return the next HANDED_BYTES or less; empty if nothing is left."""
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
    """The body of one request. Call `collect`, then run the application inside `place`, with `receive` and
    `closing(send)` as its ASGI callables; `buffer.close` comes last.

    A body that stalls, arrives below LEAST_RATE or ends too early raises `BodyIncomplete`.
    """

    def __init__(self, receive: Receive, headers: dict[bytes, bytes]) -> None:
        self.buffer = BodyBuffer()
        self._receive = receive
        self._ended = False
        # Why the body is not complete, once it has ended.
        self._failure: BodyIncomplete | None = None
        # Seconds of waiting that the client has left. Waiting spends them, and bytes add to them at LEAST_RATE.
        self._seconds_left = settings.STALLED_SECONDS
        self._waits_for_continue = b"expect" in headers
        self._is_chunked = b"transfer-encoding" in headers
        self._left = int(headers.get(b"content-length", b"0"))
        self._has_body = self._is_chunked or self._left > 0

    async def collect(self) -> None:
        """Buffer the body before the request takes a thread, so that a slow client does not occupy one.

        Return with a part of it once the buffer is full. Return at once if the declared length is above
        LONGEST_BUFFERED or the client waits for "100 Continue": the application may refuse the request by its
        headers. Raise `BodyIncomplete`, also if the server stops.
        """
        if not self._has_body or self._waits_for_continue or self._left > LONGEST_BUFFERED:
            return
        try:
            while not self._ended and self.buffer.add(await self._receive_piece()):
                pass
        except asyncio.CancelledError:
            raise _incomplete(SERVER_ENDED) from None
        if self._failure is not None:
            raise self._failure

    @asynccontextmanager
    async def place(self, client: str) -> AsyncIterator[None]:
        """Hold a place of those whose threads wait for clients, unless the body is whole. Raise `LimitReached` or
        `Unavailable` if there is none, `BodyIncomplete` if the server stops meanwhile."""
        async with AsyncExitStack() as stack:
            if self._has_body and not self._ended:
                try:
                    await stack.enter_async_context(_unfinished.place_without_thread(client))
                except asyncio.CancelledError:
                    raise _incomplete(SERVER_ENDED) from None
            yield

    async def receive(self) -> Message:
        """Return the next ASGI message of the body. Raise `BodyIncomplete` where a body ends before it is complete."""
        piece = self.buffer.take() or await self._receive_pieces()
        return {"type": "http.request", "body": piece, "more_body": self.buffer.size > 0 or not self._ended}

    async def _receive_pieces(self) -> bytes:
        """Return at least GATHERED_BYTES, or the rest of the body. Raise `BodyIncomplete`."""
        pieces = bytearray()
        while len(pieces) < GATHERED_BYTES and not self._ended:
            pieces += await self._receive_piece()
        if self._failure is not None:
            raise self._failure
        return bytes(pieces)

    async def _receive_piece(self) -> bytes:
        """Wait for bytes from the client and return them; empty at the end. Set `_ended` with the last piece, and
        `_failure` if the body is not complete."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self._seconds_left):
                message = await self._receive()
        except TimeoutError:
            self._ended = True
            self._failure = _incomplete(Sentence("The body stood still, or came too slowly."))
            return b""
        piece: bytes = message.get("body", b"")
        self._ended = not message.get("more_body", False)
        self._left -= len(piece)
        if message["type"] == "http.disconnect" or (self._ended and self._left > 0):
            self._failure = _incomplete(Sentence("The body ended before it was whole."))
        left = self._seconds_left - (clock() - began) + len(piece) / LEAST_RATE
        self._seconds_left = min(settings.STALLED_SECONDS, left)
        return piece

    def closing(self, send: Send) -> Send:
        """Return a `send` that also closes the connection if the response comes before the end of the body.

        It reads on for DRAIN_SECONDS first: the kernel resets a connection that is closed with unread bytes, and the
        client may then lose the response.
        """

        async def send_and_close(message: Message) -> None:
            unread = self._has_body and not self._ended
            if message["type"] == "http.response.start":
                if unread or self._failure is not None:
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            # The last message is empty, so the whole response was sent by now. There is nothing to read from a client
            # that waited for "100 Continue": a final response instead tells it not to send the body.
            elif unread and not message.get("more_body") and not self._waits_for_continue:
                await self.drain()
            await send(message)

        return send_and_close

    async def disconnected(self) -> None:
        """Return when the client has closed the connection. What is left of the body is dropped."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def drain(self) -> None:
        """Read and drop the rest of the body, for at most DRAIN_SECONDS."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while (await self._receive()).get("more_body", False):
                    pass
