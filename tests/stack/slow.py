"""Clients that send one byte a second, in a process of their own, so that they cost those who ask nothing but the
server: `python -m tests.stack.slow PORT HEADS BODIES SECONDS [AUTHORIZATION]`.

HEADS of them never come to the end of their head; BODIES have announced a picture, from other addresses of loopback,
each second one in chunks. They go on until their connections are closed, for SECONDS at most. Prints what became of
them, as JSON: `dropped`, `400, dropped` where there was an answer before that, or `held`; and after how many seconds
the first one was lost.
"""

import json
import socket
import sys
import time
from collections import Counter
from contextlib import suppress
from typing import Any

HEAD = b"GET /api/plans/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = (
    "POST /api/pictures/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\n{}\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
)
PART = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
LENGTH, CHUNKED = "Content-Length: 1000000", "Transfer-Encoding: chunked"
# As many as nginx lets one of them have.
A_SOURCE = 100


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


class Slow:
    """One of them."""

    def __init__(self, port: int, kind: str, number: int, authorization: str) -> None:
        self.kind, self._answer = kind, b""
        source = "127.0.0.1" if kind == "heads" else f"127.0.0.{2 + number // A_SOURCE}"
        self._client = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
        if kind == "heads":
            begun, self._more = HEAD, b"a"
        elif number % 2:
            begun, self._more = BODY.format(authorization, LENGTH).encode() + PART, b"a"
        else:
            begun, self._more = BODY.format(authorization, CHUNKED).encode() + _chunk(PART), _chunk(b"a")
        self._client.sendall(begun)
        self._client.setblocking(False)

    def lives_on(self) -> bool:
        """One more byte. False once the server has closed the connection."""
        with suppress(BlockingIOError):
            try:
                if not self._answer:
                    self._client.sendall(self._more)
                while piece := self._client.recv(4096):
                    self._answer += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            self._client.close()
            return False
        return True

    def outcome(self, last: str) -> str:
        """`last`, after the status of an answer."""
        return ", ".join([*(self._answer.decode("latin-1").split()[1:2]), last])


def run(port: int, heads: int, bodies: int, seconds: float, authorization: str = "") -> dict[str, Any]:
    began = time.monotonic()
    clients = [
        Slow(port, kind, number, authorization)
        for kind, count in (("heads", heads), ("bodies", bodies))
        for number in range(count)
    ]
    outcomes: dict[str, Counter[str]] = {"heads": Counter(), "bodies": Counter()}
    first = None
    while clients and (past := time.monotonic() - began) < seconds:
        time.sleep(1)
        lost = [client for client in clients if not client.lives_on()]
        first = first or (past if lost else None)
        for client in lost:
            outcomes[client.kind][client.outcome("dropped")] += 1
        clients = [client for client in clients if client not in lost]
    for client in clients:
        outcomes[client.kind][client.outcome("held")] += 1
    return {**outcomes, "first": first}


if __name__ == "__main__":
    print(json.dumps(run(*(int(word) for word in sys.argv[1:5]), *sys.argv[5:])))
