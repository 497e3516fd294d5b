"""Requests as bytes, on a connection of one's own."""

import json
import socket
from functools import partial

from albumen.error_codes import BY_NAME
from tests.server import Server

GET = b"GET /api/ HTTP/1.1\r\nHost: localhost\r\n"


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def said(connection: socket.socket) -> tuple[int, str]:
    """Read to the end of the connection, and return the status and the code of the refusal that came."""
    received = b"".join(iter(partial(connection.recv, 65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, received
    problem = json.loads(body)
    assert int(head.split()[1]) == problem["status"]
    assert problem["status"] in BY_NAME[problem["code"]].statuses
    return problem["status"], problem["code"]
