"""Clients that send one byte a second: `python -m tests.stack.slow PORT HEADS BODIES SECONDS`, a process of its own so
that it costs those who ask nothing but the server.

HEADS of them never come to the end of their head; BODIES have announced a picture, from another address of loopback.
After SECONDS the rest falls silent and waits until it is dropped. Prints what became of them, as JSON.
"""

import json
import socket
import sys
import time
from collections import Counter
from contextlib import suppress

HEAD = b"GET /api/plans/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = b"POST /api/pictures/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"
SILENT_SECONDS = 30


def _outcome(client: socket.socket, more: bytes) -> str | None:
    """`dropped`, or the status that it was answered; None while the server bears with it."""
    try:
        client.sendall(more)
        said = client.recv(4096)
    except BlockingIOError:
        return None
    except OSError:
        return "dropped"
    return said.split()[1].decode() if said else "dropped"


def run(port: int, heads: int, bodies: int, seconds: float) -> dict[str, Counter[str]]:
    began = time.monotonic()
    clients = []
    for kind, number, sent, source in (("heads", heads, HEAD, "127.0.0.1"), ("bodies", bodies, BODY, "127.0.0.2")):
        for _ in range(number):
            client = socket.create_connection(("127.0.0.1", port), 10, (source, 0))
            client.sendall(sent)
            client.setblocking(False)
            clients.append((kind, client))
    outcomes: dict[str, Counter[str]] = {"heads": Counter(), "bodies": Counter(), "bodies at the end": Counter()}
    while clients and (past := time.monotonic() - began) < seconds + SILENT_SECONDS:
        time.sleep(1)
        left = []
        for kind, client in clients:
            outcome = _outcome(client, b"a" if past < seconds else b"")
            if outcome is None:
                left.append((kind, client))
                continue
            outcomes["bodies at the end" if kind == "bodies" and past >= seconds else kind][outcome] += 1
            with suppress(OSError):
                client.close()
        clients = left
    for kind, _ in clients:
        outcomes[kind]["held"] += 1
    return outcomes


if __name__ == "__main__":
    print(json.dumps(run(*(int(word) for word in sys.argv[1:]))))
