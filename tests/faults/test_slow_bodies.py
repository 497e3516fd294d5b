"""Clients that send a body so slowly that each would hold a thread, or read nothing: on the server that takes bodies,
behind a proxy or without one."""

import hashlib
import re
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests import pictures
from tests.faults.rounds import LONG
from tests.server import Server

pytestmark = pytest.mark.fault
HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'


@pytest.fixture
def server(own_server: Server) -> Server:
    own_server.env |= {"DJANGO_SETTINGS_MODULE": "tests.faults.settings", "ALBUMEN_THREADS": "2"}
    own_server.start()
    return own_server


CHUNKED = "Transfer-Encoding: chunked"
# More than there are threads.
MANY = 6


def begin(server: Server, token: str, length: str, body: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(
        b"POST /api/pictures/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        + f"{length}\r\nAuthorization: {token}\r\n\r\n".encode()
        + body
    )
    return connection


def chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def given_up(server: Server) -> int:
    """How many the metrics have."""
    line = re.compile(r'^albumen_requests_total{method="POST",route="none",status="400"} (\d+)', re.MULTILINE)
    found = line.search(httpx.get(f"{server.url}/metrics").text)
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("length", "body", "pieces"),
    [
        ("Content-Length: 100000", HEAD, b""),
        ("Content-Length: 100000", HEAD, b"x"),
        ("Content-Length: 4000000", HEAD + b"x" * 2_000_000, b"x"),
        (CHUNKED, chunk(HEAD), b""),
        (CHUNKED, chunk(HEAD), b"1\r\nx\r\n"),
    ],
    ids=["silence", "drip", "drip after a burst", "silence in chunks", "drip in chunks"],
)
def test_a_body_that_stands_still_or_drips_is_refused_and_lets_others_through(
    server: Server, length: str, body: bytes, pieces: bytes
) -> None:
    alice = server.register("alice")
    counted = given_up(server)
    slow = [begin(server, alice.headers["Authorization"], length, body) for _ in range(MANY)]
    time.sleep(0.5)
    assert alice.post("/api/albums/", json={"name": "meanwhile"}).status_code == 201
    # None of them has been given up so far.
    assert select.select(slow, [], [], 0)[0] == []
    answers = [b""] * MANY
    deadline = time.monotonic() + 25
    while not all(answers):
        assert time.monotonic() < deadline
        for number, connection in enumerate(slow):
            connection.settimeout(0.2)
            if not answers[number]:
                connection.sendall(pieces)
                with suppress(TimeoutError):
                    answers[number] = connection.recv(65536)
    assert [answer[:13] for answer in answers] == [b"HTTP/1.1 400 "] * MANY, answers
    for connection in slow:
        connection.settimeout(20)
    # To its end: what is still to come of the body would be taken for the next request on the connection.
    answers = [
        answer + b"".join(iter(partial(connection.recv, 65536), b""))
        for answer, connection in zip(answers, slow, strict=True)
    ]
    assert all(b"body_incomplete" in answer for answer in answers), answers
    assert given_up(server) == counted + MANY
    photo = pictures.jpeg(seed=1)
    assert alice.post("/api/pictures/", files={"image": ("a.jpg", photo)}).status_code == 201
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": len(photo), "pictures": 1}


def test_clients_that_wait_for_leave_to_send_never_have_all_the_threads(server: Server) -> None:
    alice = server.register("alice")
    length = "Content-Length: 100000\r\nExpect: 100-continue"
    slow = [begin(server, alice.headers["Authorization"], length, HEAD) for _ in range(MANY)]
    # Who has leave to send has its thread.
    assert slow[0].recv(65536).startswith(b"HTTP/1.1 100 ")
    assert alice.post("/api/albums/", json={"name": "meanwhile"}).status_code == 201
    assert select.select(slow, [], [], 0)[0] == []
    for connection in slow:
        connection.close()


def test_more_than_fits_into_memory_is_taken_whole(server: Server) -> None:
    alice = server.register("alice")
    # Decoders stop at the picture's end.
    photo = pictures.jpeg(seed=4) + bytes(range(256)) * 160_000
    assert alice.post("/api/pictures/", files={"image": ("a.jpg", photo)}).status_code == 201
    sha256 = hashlib.sha256(photo).hexdigest()
    assert (server.data_dir / f"media/originals/{sha256[:2]}/{sha256}").stat().st_size == len(photo)
    assert [path for path in (server.data_dir / "media/incoming").iterdir() if path.suffix != ".lock"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks at open files in /proc")
def test_many_short_bodies_do_not_fill_the_memory(own_server: Server) -> None:
    server = own_server
    server.start()
    alice = server.register("alice")
    length, body = "Content-Length: 1000000", HEAD + b"x" * 400_000
    slow = [begin(server, alice.headers["Authorization"], length, body) for _ in range(100)]
    assert server.process is not None
    opened = Path(f"/proc/{server.process.pid}/fd")
    incoming = str(server.data_dir / "media/incoming")
    deadline = time.monotonic() + 20
    while not any(str(path.readlink()).startswith(incoming) for path in opened.iterdir() if path.is_symlink()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for connection in slow:
        connection.close()


@pytest.mark.parametrize(
    "ending", [b"", b'\r\n--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nhalf of a na']
)
def test_a_body_in_chunks_without_its_end_keeps_nothing(server: Server, ending: bytes) -> None:
    alice = server.register("alice")
    body = HEAD + pictures.jpeg(seed=3) + ending
    begin(server, alice.headers["Authorization"], CHUNKED, chunk(body)).close()
    time.sleep(1)
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}


def test_a_body_that_breaks_off_is_refused_before_anybody_looks_at_it(server: Server) -> None:
    with begin(server, "nobody", "Content-Length: 100000", HEAD) as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(partial(connection.recv, 65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"body_incomplete" in answer


def test_a_body_that_comes_slowly_but_steadily_is_taken(server: Server) -> None:
    alice = server.register("alice")
    body = HEAD + pictures.jpeg(200, 150, seed=2) + b"\r\n--x--\r\n"
    with begin(server, alice.headers["Authorization"], f"Content-Length: {len(body)}", b"") as connection:
        for start in range(0, len(body), 600):
            connection.sendall(body[start : start + 600])
            time.sleep(0.4)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")


@pytest.mark.skipif(not LONG, reason="twenty seconds of waiting: make faults")
@pytest.mark.parametrize("expect", ["", "\r\nExpect: 100-continue"], ids=["collected", "in line for a thread"])
def test_a_body_that_is_not_whole_when_the_server_ends_is_refused_in_words(server: Server, expect: str) -> None:
    token = server.register("alice").headers["Authorization"]
    length = f"Content-Length: 1000000{expect}"
    with begin(server, token, length, HEAD) as first:
        if expect:
            assert first.recv(65536).startswith(b"HTTP/1.1 100 ")
        with begin(server, token, length, HEAD) as connection:
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            connection.settimeout(0.5)
            answer = b""
            deadline = time.monotonic() + 60
            while not answer:
                assert time.monotonic() < deadline
                # The first one, which has a thread, may be gone by now.
                with suppress(OSError):
                    first.sendall(bytes(2000))
                connection.sendall(bytes(2000))
                with suppress(TimeoutError):
                    answer = connection.recv(65536)
            connection.settimeout(5)
            with suppress(OSError):
                answer += b"".join(iter(partial(connection.recv, 65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"body_incomplete" in answer


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it")
def test_a_client_that_reads_nothing_is_disconnected(server: Server) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(b"GET /api/schema/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        time.sleep(10)
        with pytest.raises(ConnectionResetError):
            b"".join(iter(partial(connection.recv, 65536), b""))
