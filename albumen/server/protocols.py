"""uvicorn's HTTP protocol, changed where uvicorn has no setting."""

import asyncio
import socket
from collections import OrderedDict
from typing import Any

import orjson
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from albumen import fastpath
from albumen.api.problems import document
from albumen.error_codes import explain
from albumen.operations.middleware import record

# The most bytes of a request's head, and of the trailers of a chunked body.
HEAD_BYTES = 64 * 1024
# The most requests of a connection that wait for the response to the one before them.
MOST_PIPELINED = 32
# While the server stops, a request that arrives on an idle connection within so many seconds is still answered.
LINGER_SECONDS = 1.0
# After a refusal, what the client still sends is read and dropped for so long: the kernel resets a connection that is
# closed with unread bytes, and the client may then lose the refusal.
DRAIN_SECONDS = 2.0
REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
}
ONE_HOST = "A request of HTTP/1.1 names its host once, in one Host header."
# SQLite answers at once, on this machine. Another database may take long, and so may Redis, where calls are counted:
# that would keep everybody waiting.
ANSWERS_AT_ONCE = settings.FAST_PATHS and fastpath.is_sqlite and not settings.REDIS_URL
MALFORMED = "Check the request line and the headers; other letters than ASCII are %-encoded in addresses."


class Refused(Exception):
    """Why a request is refused before it reaches the application. Raised in a callback of the parser, it stops it."""

    def __init__(self, code: str, status: int, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.status, self.detail = code, status, detail


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with these changes.

    - A head may have HEAD_BYTES and take `settings.HEAD_SECONDS`, and must name its host as RFC 9112 says.
    - While more than `most_connections` are open, a new one closes the connection that has waited longest for its
      client; if all others are being answered, the new one is refused.
    - A client that closes its sending half after the request still gets its response.
    - A connection whose client stops reading is closed.
    - What is refused here gets a problem document.
    - While the server stops, idle connections stay open for LINGER_SECONDS, because a request may be on its way;
      uvicorn would close them at once.
    """

    most_connections = 10_000
    # The connections that wait for their clients (to send a request, or the rest of one); the longest silent first.
    _waiting: OrderedDict["HttpProtocol", None] = OrderedDict()

    _ending = False
    _refused = False
    # Whether the request that is being read was answered by its head, and whether one since the last bytes was.
    _answered = _had_answer = False
    # What is wrong with the latest complete head.
    _fault: Refused | None = None
    # Whether no body is being read: the next bytes belong to a head, or begin one.
    _in_head = True
    # Bytes since the last complete head, chunk or message that belong to no body.
    _unfinished = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection = transport.get_extra_info("socket")
            # Linux closes a connection, also of a WebSocket, on which sent bytes stay unacknowledged or unsendable for
            # so many milliseconds (tcp(7)): the client is gone, or reads nothing.
            milliseconds = round(2000 * settings.STALLED_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        self._head_timer = self.loop.call_later(settings.HEAD_SECONDS, self._head_is_late)
        if len(self.connections) > self.most_connections:
            if not self._waiting:
                self._refuse(Refused("too_many_connections", 503))
                return
            longest_silent, _ = self._waiting.popitem(last=False)
            longest_silent.transport.close()
        self._waiting[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.pop(self, None)
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self in self._waiting:
            self._waiting.move_to_end(self)
        if self._in_head and self._head_timer is None:
            self._head_timer = self.loop.call_later(settings.HEAD_SECONDS, self._head_is_late)
        self._unfinished += len(data)
        self._had_answer = False
        super().data_received(data)
        if self._unfinished > HEAD_BYTES and not self._refused:
            self._refuse(Refused("head_too_large", 431))

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers of a chunked body are read and dropped: nothing may change the headers once they were acted on.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unfinished = 0
        self._stop_head_timer()
        self._fault = self._fault_of_head()
        if self._fault is not None:
            raise self._fault
        if ANSWERS_AT_ONCE and self._answer_at_once():
            return
        # A fast answer to an earlier request of the same packet has set it.
        self._unset_keepalive_if_required()
        super().on_headers_complete()
        if self._ending and self.cycle is not None:
            self.cycle.keep_alive = False

    def _fault_of_head(self) -> Refused | None:
        """Return why a complete head is refused: it is too large, or names its host never or twice."""
        lines = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.url) + lines > HEAD_BYTES:
            return Refused("head_too_large", 431)
        if len(self.pipeline) >= MOST_PIPELINED:
            # No document is sent for this: the responses to the earlier requests come first (`_refuse`).
            return Refused("rate_limited", 429)
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):
            return Refused("malformed_request", 400, ONE_HOST)
        return None

    def _answer_at_once(self) -> bool:
        """Send a fast answer, and return whether there is one.

        At most one for all that has arrived together, so that a pipeline of requests does not keep others waiting.
        There is none while the client is slow to take what was sent, while an earlier request is unanswered, and when
        the server ends.
        """
        usual = (
            self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and b"?" not in self.url
            and b"%" not in self.url
        )
        if not usual or self._had_answer or self._ending or self._is_responding() or self.flow.write_paused:
            return False
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        if len(headers) < len(self.headers):
            return False
        answer = fastpath.answer(fastpath.Asked(self.url.decode("latin-1"), headers, "http"))
        if answer is None:
            return False
        self._answered = self._had_answer = True
        date = b"".join([b"%b: %b\r\n" % line for line in self.server_state.default_headers])
        self.transport.write(b"".join((b"HTTP/1.1 200 OK\r\n", date, answer.head, b"\r\n", answer.content)))
        return True

    def on_body(self, body: bytes) -> None:
        self._unfinished = max(0, self._unfinished - len(body))
        super().on_body(body)

    def on_chunk_header(self) -> None:
        self._unfinished = 0

    def on_message_complete(self) -> None:
        self._in_head = True
        self._unfinished = 0
        if self._answered:
            self._answered = False
            self.on_response_complete()
            return
        self._waiting.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing() and not self._is_responding():
            self._waiting[self] = None

    def handle_websocket_upgrade(self) -> None:
        self._waiting.pop(self, None)
        super().handle_websocket_upgrade()

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._is_responding():
            # The client has sent a part of its next request already.
            self._head_timer = self.loop.call_later(settings.HEAD_SECONDS, self._head_is_late)
        elif self._unfinished:
            self._refuse(Refused("head_timeout", 408))
        else:
            self.transport.close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _is_responding(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def shutdown(self) -> None:
        self._ending = True
        self.timeout_keep_alive = LINGER_SECONDS  # type: ignore[assignment]
        if not self._is_responding():
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(LINGER_SECONDS, self.timeout_keep_alive_handler)
        elif not self.cycle.response_started:
            self.cycle.keep_alive = False

    def eof_received(self) -> Any:
        """Return true, to keep the connection open for the response, if a request is being answered; otherwise None,
        which closes it.

        A chunked body that has not ended is incomplete, and its connection is closed. One with a Content-Length ends
        here for the application, which compares the length.
        """
        cycle = self.cycle
        if self._refused or not self._is_responding():
            return None
        if cycle.more_body and any(name == b"transfer-encoding" for name, _ in self.headers):
            return None
        cycle.more_body = False
        cycle.keep_alive = False
        cycle.message_event.set()
        return True

    def send_400_response(self, msg: str) -> None:
        """Refuse a head that `on_headers_complete` has stopped at, or what the parser could not read."""
        self._refuse(self._fault or Refused("malformed_request", 400, f"{msg} {MALFORMED}"))

    def _refuse(self, refused: Refused) -> None:
        """Send a problem document, drop what the client still sends, and close the connection."""
        self._refused = True
        self._waiting.pop(self, None)
        self._stop_head_timer()
        self._unset_keepalive_if_required()
        record("none", "none", refused.status, 0.0, None)
        if self._is_responding():
            # A refusal now would be taken for the response to an earlier request.
            if not self.cycle.more_body:
                # The connection is closed after the responses to the requests that are complete.
                self.cycle.keep_alive = False
                return
            if self.pipeline or self.cycle.response_started:
                self.transport.close()
                return
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        # In English: the head that tells of another language is not read, or not to be trusted.
        body = orjson.dumps(document(refused.status, refused.code, refused.detail or explain(refused.code)))
        retry = "Retry-After: 5\r\n" if refused.status == 503 else ""
        head = (
            f"HTTP/1.1 {refused.status} {REASONS[refused.status]}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\n{retry}Connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        if len(self.connections) > 1.25 * self.most_connections:
            self.transport.close()
            return
        self.transport.write_eof()
        self.loop.call_later(DRAIN_SECONDS, self.transport.close)
