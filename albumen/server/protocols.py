"""uvicorn's protocols: HTTP, with two refusals that say more; WebSockets, with an end for who never reads."""

import logging
import select
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from albumen.api.problems import document

# How long connections that are kept alive may bring one more request while the server ends.
LINGER_SECONDS = 1.0


class Protocol(HttpToolsProtocol):
    """A client that ends its half of the connection in the middle of a body still gets its answer; and what is not
    HTTP gets a problem document like everything else."""

    _reading_head = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading_head = True

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._reading_head = False
        if getattr(self.server_state, "ending", False) and self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """The end of the server. What has begun, also to arrive, is answered first."""
        # One whose head was sent was told that the connection goes on, so its client may send one more.
        self.timeout_keep_alive = LINGER_SECONDS  # type: ignore[assignment]
        if self.cycle is not None and not self.cycle.response_complete:
            if not self.cycle.response_started:
                self.cycle.keep_alive = False
        elif not self._reading_head and not self._something_unread():
            self.transport.close()

    def _something_unread(self) -> bool:
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def eof_received(self) -> Any:
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return None
        # For `asgi.py`: where a body has no length, this end looks like that of a whole one.
        cycle.scope["albumen.broke_off"] = cycle.more_body  # type: ignore[typeddict-unknown-key]
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


# Of uvicorn's, one names the whole address of each socket and another shows every frame: both may hold a token.
_quiet = logging.getLogger("albumen.websocket")
_quiet.setLevel(logging.WARNING)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Closing waits until everything was sent, for ever where nobody reads: so a connection is cut off some time after
    it was closed, and the application may cut it off at once (`albumen.abort` in the scope)."""

    CLOSE_SECONDS = 15
    LAST_WORD_SECONDS = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = self.conn.logger = _quiet
        self.conn.debug = False

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            # The task that reads it has not begun.
            extensions: Any = self.scope["extensions"]
            extensions["albumen.abort"] = self.transport.abort

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self.loop.call_later(self.CLOSE_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(self.LAST_WORD_SECONDS, self.transport.abort)

    def shutdown(self) -> None:
        super().shutdown()
        self.loop.call_later(self.LAST_WORD_SECONDS, self.transport.abort)
