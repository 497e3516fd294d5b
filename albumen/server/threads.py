"""Threads for requests: who gets one, and responses that go on without one."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from a2wsgi import WSGIMiddleware
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from albumen.accounts.services import tokens
from albumen.delivery import ObservedResponse
from albumen.errors import Unauthenticated
from albumen.places import Places, client_of_address, client_of_user
from albumen.rates import client_address
from albumen.server.request_body import Message, RequestBody, Send

# What is read from a file at a time, at least; small blocks would cost more for their way than for their reading.
GATHERED_BYTES = 64 * 1024
# Threads that read from stored files what clients are sent.
FILE_THREADS = 8
_RESPONSE = "albumen.response"
Application = Callable[[WSGIEnvironment, StartResponse], HttpResponseBase | list[bytes]]


def client_of(scope: Message, headers: dict[bytes, bytes]) -> str:
    """Return the client of a request without asking the database: the user of a valid access token, or the address."""
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").strip().partition(" ")
    if scheme.lower() == "bearer":
        try:
            return client_of_user(tokens.read(token.strip(), "access")["user_id"])
        except Unauthenticated:
            pass  # It will be refused; until then it is somebody at this address.
    request = HttpRequest()
    request.META = {
        "REMOTE_ADDR": (scope.get("client") or ("", 0))[0],
        "HTTP_X_FORWARDED_FOR": headers.get(b"x-forwarded-for", b"").decode("latin-1"),
    }
    return client_of_address(client_address(request))


class Threads:
    """A WSGI application of Django's in `count` threads, for which requests need one of the `places`, if any.

    A thread is free again as soon as the head of the response is known. The event loop sends the body; of a file, it
    has a thread read one block after the other. So a client that reads slowly holds no thread.
    """

    def __init__(self, application: Application, count: int, places: Places | None = None) -> None:
        self._places = places
        self._django: Any = WSGIMiddleware(cast(Any, partial(_without_body, application)), workers=count)
        self._files = ThreadPoolExecutor(FILE_THREADS, thread_name_prefix="files")

    @property
    def executor(self) -> ThreadPoolExecutor:
        """Return the threads."""
        executor: ThreadPoolExecutor = self._django.executor
        return executor

    async def respond(self, scope: Message, body: RequestBody, send: Send, *, client: str) -> None:
        """Send the response to a request of this client, after a wait for a thread. Raise `LimitReached` or
        `Unavailable`, before anything is sent, if there is none."""

        send = body.closing(send)

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)

        async with nullcontext() if self._places is None else self._places.place_without_thread(client):
            await self._django(scope, body.receive, send_head)
        response: HttpResponseBase = scope.pop(_RESPONSE)
        if isinstance(response, StreamingHttpResponse):
            await self._send_stream(response, body, send)
        elif isinstance(response, HttpResponse):
            await send({"type": "http.response.body", "body": response.content, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _send_stream(self, response: StreamingHttpResponse, body: RequestBody, send: Send) -> None:
        loop = asyncio.get_running_loop()
        read = partial(loop.run_in_executor, self._files, _read, iter(response))
        gone = loop.create_task(body.disconnected())
        block = b""
        try:
            block = await read()
            while block and not gone.done():
                following = await read()
                if not following:
                    await _settle(send)
                    if gone.done():
                        break
                await send({"type": "http.response.body", "body": block, "more_body": True})
                block = following
        finally:
            if block and isinstance(response, ObservedResponse):
                response.client_left = True
            gone.cancel()
            await loop.run_in_executor(self._files, response.close)


async def _settle(send: Send) -> None:
    """Wait until what was sent before has left this process, and a client that is gone by now is known to be. This
    comes before the last block: after it, a client that has it all may close the connection at any moment."""
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    for _ in range(2):
        await asyncio.sleep(0)


def _without_body(
    application: Application, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Call Django, and leave its response in the ASGI scope; a fast answer is a list."""
    made: Any = application(environ, start_response)
    # Where errors go to Sentry, that has wrapped Django's response.
    response: HttpResponseBase = HttpResponse(made) if isinstance(made, list) else getattr(made, "_response", made)
    environ["asgi.scope"][_RESPONSE] = response
    if response.streaming:
        # It is closed in another thread, which does not have this one's connection.
        close_old_connections()
    else:
        response.close()
    return ()


def _read(blocks: Iterator[bytes]) -> bytes:
    """Return the next GATHERED_BYTES or more; less at the end, and nothing behind it."""
    gathered = bytearray()
    while len(gathered) < GATHERED_BYTES and (block := next(blocks, b"")):
        gathered += block
    return bytes(gathered)
