"""uvicorn's HTTP protocol, changed where uvicorn has no setting."""

import asyncio
import socket
from typing import Any

import orjson
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from albumen.api.problems import document

# While the server stops, a request that arrives on an idle connection within so many seconds is still answered.
LINGER_SECONDS = 1.0


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with four changes.

    A client that closes its sending half after the request still gets its response. A connection whose client stops
    reading is closed. Bytes that are not HTTP get a problem document. While the server stops, idle connections stay
    open for LINGER_SECONDS, because a request may be on its way; uvicorn would close them at once.
    """

    _ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection = transport.get_extra_info("socket")
            # Linux closes a connection, also of a WebSocket, on which sent bytes stay unacknowledged or unsendable for
            # so many milliseconds (tcp(7)): the client is gone, or reads nothing.
            milliseconds = round(2000 * settings.STALLED_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

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
        """Return true, to keep the connection open for the response, if a request is being answered; otherwise None,
        which closes it.

        A chunked body that has not ended is incomplete, and its connection is closed. One with a Content-Length ends
        here for the application, which compares the length.
        """
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
        # In English: no header tells of another language.
        advice = "Check the request line and the headers; other letters than ASCII are %-encoded in addresses."
        body = orjson.dumps(document(400, "malformed_request", f"{msg} {advice}"))
        head = (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
