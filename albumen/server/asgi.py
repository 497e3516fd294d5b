"""One process for everything on one machine: HTTP is handed to Django under WSGI, in threads. Behind nginx it has the
requests with a body, and the WebSockets."""

import asyncio
import logging
import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings

from albumen.api.problems import document, rendered
from albumen.operations import metrics, request_id
from albumen.operations.middleware import record
from albumen.operations.probes import PATHS
from albumen.server.request_body import Body, GivenUp, Message, Receive, Send
from albumen.server.wsgi import application as wsgi

from albumen.server.websockets import application as websockets  # isort: skip  (needs the settings)

logger = logging.getLogger(__name__)

_http: Any = WSGIMiddleware(cast(Any, wsgi), workers=settings.THREADS)
# A server whose threads are all busy is not dead, and says so.
_probes: Any = WSGIMiddleware(cast(Any, wsgi), workers=2)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """HTTP and WebSockets, beside each other."""
    if scope["type"] == "http":
        body = scope["albumen.body"] = Body(receive, scope)
        answering = _probes if scope["path"].strip("/") in PATHS else _http
        try:
            await body.gather()
            async with body.thread():
                await answering(scope, body.receive, body.answer_with(send))
        except GivenUp as reason:
            await _refuse(scope, body, send, str(reason))
        finally:
            body.ahead.close()
    elif scope["type"] == "websocket":
        with metrics.sockets.track_inprogress():
            await websockets(scope, receive, send)


async def _refuse(scope: Message, body: Body, send: Send, detail: str) -> None:
    """Without Django, which would take a thread and ask the database for each of them."""
    sent = dict(scope["headers"])
    chosen = request_id.choose(sent.get(b"x-request-id", b"").decode("latin-1"))
    problem = document(400, "body_incomplete", detail, request_id=chosen)
    refusal, described = rendered(problem, sent.get(b"accept", b"").decode("latin-1"))
    described |= {"X-Request-ID": chosen, "Connection": "close"}
    headers = [(name.lower().encode(), value.encode()) for name, value in described.items()]
    request_id.current.set(chosen)
    seconds = asyncio.get_running_loop().time() - body.began
    logger.info("A body was given up: %s", detail)
    record(scope["method"], "none", 400, seconds, None)
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": refusal, "more_body": True})
    await body.drain()
    await send({"type": "http.response.body", "body": b""})
