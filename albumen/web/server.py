"""uvicorn's HTTP protocol, with two refusals that say more."""

from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from albumen.web.problems import document


class Protocol(HttpToolsProtocol):
    """A client that ends its half of the connection in the middle of a body still gets its answer; and what is not
    HTTP gets a problem document like everything else."""

    def eof_received(self) -> Any:
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
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
