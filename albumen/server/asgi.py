"""The ASGI application. It calls Django's WSGI application in threads for HTTP, and serves WebSockets itself.

On one machine it serves everything. Behind nginx it gets the WebSockets and the requests with a body; gunicorn serves
the others.
"""

import asyncio
import logging
import os
import threading
from contextlib import suppress

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")

from django.conf import settings
from django.utils.translation import override

from albumen.api.problems import document, rendered, status_of
from albumen.errors import DomainError, LimitReached, Unavailable
from albumen.languages import preferred, translated
from albumen.operations import metrics, request_id
from albumen.operations.middleware import record
from albumen.operations.probes import PATHS
from albumen.places import QUEUE_SECONDS, QUEUED, Places

# isort: split  (these need the settings and the apps)
from albumen.server.request_body import Message, Receive, RequestBody, Send
from albumen.server.threads import Threads, client_of
from albumen.server.websockets import application as websockets
from albumen.server.wsgi import application as wsgi
from albumen.server.wsgi import call_django
from albumen.uploads.temporary import BodyIncomplete

# How long the threads of cancelled requests may take to end before the event loop is closed.
CANCELLED_SECONDS = 2.0
logger = logging.getLogger(__name__)

# Each client has some of the threads, so that one whose requests all wait keeps nobody else from a thread.
_places = Places(
    "threads",
    size=QUEUED,
    at_once=settings.THREADS,
    each=max(2, settings.THREADS // 4),
    seconds=QUEUE_SECONDS,
    busy="server_busy",
)
_http = Threads(wsgi, settings.THREADS, _places)
# Probes have threads of their own, so that they respond while all others are busy.
_probes = Threads(call_django, 2)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one HTTP request or one WebSocket, or wait for the server to stop (`lifespan`)."""
    if scope["type"] == "http":
        await _serve(scope, receive, send)
    elif scope["type"] == "websocket":
        with metrics.sockets.track_inprogress():
            await websockets(scope, receive, send)
    elif scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await _end_threads()
        await send({"type": "lifespan.shutdown.complete"})


async def _end_threads() -> None:
    """Wait until no thread works on a request. A thread that still waits for the event loop when it is closed waits
    forever, and keeps the process from ending."""
    ending = threading.Thread(target=_http.executor.shutdown, daemon=True)
    ending.start()
    with suppress(TimeoutError):
        async with asyncio.timeout(CANCELLED_SECONDS):
            while ending.is_alive():
                await asyncio.sleep(0.05)


async def _serve(scope: Message, receive: Receive, send: Send) -> None:
    began = asyncio.get_running_loop().time()
    headers = dict(scope["headers"])
    body = RequestBody(receive, headers)
    threads = _probes if scope["path"].strip("/") in PATHS else _http
    client = client_of(scope, headers)
    try:
        await body.collect()
        async with body.place(client):
            await threads.respond(scope, body, send, client=client)
    except (BodyIncomplete, LimitReached, Unavailable) as refusal:
        start, content = _refusal(headers, refusal)
        record(scope["method"], "none", start["status"], asyncio.get_running_loop().time() - began, None)
        respond = body.closing(send)
        await respond(start)
        await respond({"type": "http.response.body", "body": content, "more_body": True})
        if isinstance(refusal, BodyIncomplete):
            await body.drain()
            respond = send
        await respond({"type": "http.response.body", "body": b""})
    finally:
        body.buffer.close()


def _refusal(headers: dict[bytes, bytes], error: DomainError) -> tuple[Message, bytes]:
    """Return the first ASGI message and the content of a response to an incomplete body, or to a request for which
    there is no thread.

    It is made without Django, which would need a thread and database queries for each request.
    """
    chosen = request_id.choose(headers.get(b"x-request-id", b"").decode("latin-1"))
    request_id.current.set(chosen)
    logger.info("A request was refused before it had a thread: %s", error.detail)
    status, wait = status_of(error), getattr(error, "retry_after", None)
    with override(preferred(headers.get(b"accept-language", b"").decode("latin-1"))):
        problem = document(status, error.code, translated(error.detail), request_id=chosen)
        content, fields = rendered(problem, headers.get(b"accept", b"").decode("latin-1"), retry_after=wait)
    fields |= {"X-Request-ID": chosen}
    if wait is not None:
        fields["Retry-After"] = str(wait)
    encoded = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    return {"type": "http.response.start", "status": status, "headers": encoded}, content
