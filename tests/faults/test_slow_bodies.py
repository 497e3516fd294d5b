"""Clients that send a body so slowly that each would hold a thread, on a server without a proxy before it."""

import socket
import time

import pytest

from tests import pictures
from tests.server import Server

pytestmark = pytest.mark.fault
HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'


@pytest.fixture
def server(own_server: Server) -> Server:
    own_server.env |= {"DJANGO_SETTINGS_MODULE": "tests.faults.settings", "ALBUMEN_THREADS": "2"}
    own_server.start()
    return own_server


def begin(server: Server, token: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(
        b"POST /api/pictures/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 100000\r\nAuthorization: " + token.encode() + b"\r\n\r\n" + HEAD
    )
    return connection


@pytest.mark.parametrize("pieces", [b"", b"x"], ids=["silence", "drip"])
def test_a_body_that_stands_still_or_drips_is_refused_and_lets_others_through(server: Server, pieces: bytes) -> None:
    alice = server.register("alice")
    slow = [begin(server, alice.headers["Authorization"]) for _ in range(2)]
    answers = [b"", b""]
    deadline = time.monotonic() + 25
    while not all(answers):
        assert time.monotonic() < deadline
        for number, connection in enumerate(slow):
            connection.settimeout(0.2)
            try:
                connection.sendall(pieces)
                answers[number] = answers[number] or connection.recv(65536)
            except TimeoutError:
                continue
    assert all(answer.startswith(b"HTTP/1.1 400 ") for answer in answers)
    photo = pictures.jpeg(seed=1)
    assert alice.post("/api/pictures/", files={"image": ("a.jpg", photo)}).status_code == 201
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": len(photo), "pictures": 1}


def test_a_body_that_comes_slowly_but_steadily_is_taken(server: Server) -> None:
    alice = server.register("alice")
    photo = pictures.jpeg(200, 150, seed=2)
    body = HEAD + photo + b"\r\n--x--\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/pictures/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            + f"Content-Length: {len(body)}\r\nAuthorization: {alice.headers['Authorization']}\r\n\r\n".encode()
        )
        for start in range(0, len(body), 600):
            connection.sendall(body[start : start + 600])
            time.sleep(0.4)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
