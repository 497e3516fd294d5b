"""uvicorn's HTTP protocol with the few things that no setting of it gives."""

import asyncio
import socket
from typing import Any

import orjson
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from albumen.api.problems import document

# How long an idle connection may bring one more request once the server has to end.
LINGER_SECONDS = 1.0


class HttpProtocol(HttpToolsProtocol):
    """Answers clients that end their half of the connection, refuses what is not HTTP with a problem document, and
    answers a request that is on its way when the server has to end: uvicorn alone closes idle connections at once."""

    _ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection = transport.get_extra_info("socket")
            # Linux ends the connection, also a WebSocket, whose client accepts nothing for so many milliseconds.
            patience = round(2000 * settings.STALLED_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)

    def shutdown(self) -> None:
        self._ending = True
        self.timeout_keep_alive = LINGER_SECONDS  # type: ignore[assignment]
        if self.cycle is None or self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(LINGER_SECONDS, self.timeout_keep_alive_handler)
        elif not self.cycle.response_started:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._ending and self.cycle is not None:
            self.cycle.keep_alive = False

    def eof_received(self) -> Any:
        """Keep the connection open for the answer, where uvicorn would close it; but not in the middle of a body in
        chunks, which has no length to see by that it is not whole."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return None
        if cycle.more_body and any(name == b"transfer-encoding" for name, _ in self.headers):
            return None
        cycle.more_body = False
        cycle.keep_alive = False
        cycle.message_event.set()
        return True

    def send_400_response(self, msg: str) -> None:
        detail = f"{msg} Check the request line and the headers; other letters than ASCII are %-encoded in addresses."
        body = orjson.dumps(document(400, "malformed_request", detail))
        head = (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
