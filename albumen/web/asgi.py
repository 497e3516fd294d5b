"""One process for everything on one machine: HTTP is handed to Django under WSGI, in threads."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings

from albumen.web import metrics
from albumen.web.operations import PATHS
from albumen.web.wsgi import application as wsgi

from albumen.web.sockets import application as websockets  # isort: skip  (needs the settings)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

# Bytes a second that the rest of a body has to have, so that nobody holds a thread by a byte now and then.
LEAST_RATE = 1000
GATHERED_BYTES = 512 * 1024
DRAIN_SECONDS = 2
_http: Any = WSGIMiddleware(cast(Any, wsgi), workers=settings.THREADS)
# A server whose threads are all busy is not dead, and says so.
_probes: Any = WSGIMiddleware(cast(Any, wsgi), workers=2)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """HTTP and WebSockets, beside each other."""
    if scope["type"] == "http":
        body = scope["albumen.body"] = _Body(receive, scope)
        answering = _probes if scope["path"].strip("/") in PATHS else _http
        await answering(scope, body.receive, body.answer_with(send))
    elif scope["type"] == "websocket":
        with metrics.sockets.track_inprogress():
            await websockets(scope, receive, send)


class _Body:
    """A request's body on its way in: given up when it stalls or drips, and read to its end after an early refusal."""

    def __init__(self, receive: Receive, scope: Message) -> None:
        self._receive = receive
        self._scope = scope
        self._ended = False
        # It ended because the client went or was too slow, where a body without a length looks like a whole one.
        self.broken = False
        self._patience = settings.STALLED_SECONDS
        headers = dict(scope["headers"])
        # A client that waits for "100 Continue" sends nothing more once it has its answer.
        self._waits = b"expect" in headers
        self._has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers

    async def receive(self) -> Message:
        """The next half megabyte or so: handing each small piece to a thread costs more than reading it."""
        pieces: list[bytes] = []
        size = 0
        clock = asyncio.get_running_loop().time
        try:
            while size < GATHERED_BYTES and not self._ended:
                asked = clock()
                async with asyncio.timeout(self._patience):
                    message = await self._receive()
                self._ended = not message.get("more_body", False)
                self.broken = message["type"] == "http.disconnect" or self._scope.get("albumen.broke_off", False)
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
                # What was waited is used up, and comes back with the bytes; never more of it than at first.
                left = self._patience - (clock() - asked) + len(pieces[-1]) / LEAST_RATE
                self._patience = min(settings.STALLED_SECONDS, left)
        except TimeoutError:
            self._ended = self.broken = True
        return {"type": "http.request", "body": b"".join(pieces), "more_body": not self._ended}

    def answer_with(self, send: Send) -> Send:
        async def answer(message: Message) -> None:
            unread = self._has_body and (self.broken or not self._ended)
            if message["type"] == "http.response.start" and unread:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            if message["type"] == "http.response.body" and not message.get("more_body") and unread:
                await self._drain()
            await send(message)

        return answer

    async def _drain(self) -> None:
        """Closing on unread bytes resets the connection, and the client may never see why it was refused."""
        if self._waits or self.broken:
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._ended:
                    self._ended = not (await self._receive()).get("more_body", False)
        except TimeoutError:
            pass
