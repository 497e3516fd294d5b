"""Clients that say nothing, send the head of a request too slowly, or are too many: on the server without a proxy."""

import socket
import time
from contextlib import ExitStack, suppress

import pytest

from tests.server import Server
from tests.sockets import listening
from tests.wire import GET, connected, said

pytestmark = pytest.mark.fault
MANY = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that waits three seconds for a head, and takes sixty connections."""
    server = Server(tmp_path_factory.mktemp("heads") / "data", DJANGO_SETTINGS_MODULE="tests.faults.settings")
    server.start()
    yield server
    server.remove()


@pytest.mark.parametrize(
    ("begun", "drip", "answer"),
    [
        pytest.param(b"", b"", None, id="silence"),
        pytest.param(b"", b"\r\n", (408, "head_timeout"), id="empty lines"),
        pytest.param(b"GET /", b"", (408, "head_timeout"), id="half a line"),
        pytest.param(b"GET /", b"a", (408, "head_timeout"), id="a line that drips"),
        pytest.param(GET, b"", (408, "head_timeout"), id="half a head"),
        pytest.param(GET + b"X: ", b"a", (408, "head_timeout"), id="a header that drips"),
    ],
)
def test_a_head_that_is_late_is_refused(server, begun, drip, answer):
    with connected(server) as connection:
        connection.sendall(begun)
        connection.settimeout(0.3)
        deadline = time.monotonic() + 15
        received = b""
        while not received:
            assert time.monotonic() < deadline
            with suppress(TimeoutError):
                if not (received := connection.recv(65536, socket.MSG_PEEK)):
                    break
            with suppress(ConnectionError):
                connection.sendall(drip)
        connection.settimeout(10)
        assert (said(connection) if received else None) == answer


def test_the_next_head_on_a_connection_may_take_no_longer(server):
    with connected(server) as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.settimeout(0.3)
        received = b""
        deadline = time.monotonic() + 15
        rest = iter(GET)
        while not received.startswith(b"HTTP/1.1 408 "):
            assert time.monotonic() < deadline
            with suppress(TimeoutError):
                received = connection.recv(65536)
            with suppress(ConnectionError):
                connection.sendall(bytes([next(rest)]))


def test_silent_connections_shut_nobody_out(server):
    alice = server.register("alice")
    with ExitStack() as stack, listening(server) as events:
        events.sign_in(alice)
        for number in range(MANY):
            silent = stack.enter_context(connected(server))
            silent.sendall((b"", GET, GET.replace(b"GET", b"POST") + b"Content-Length: 5\r\n\r\n1")[number % 3])
        assert alice.post("/api/albums/", json={"name": "meanwhile"}).status_code == 201
        assert events.hear()["type"] == "event"
        with listening(server) as more:
            assert more.sign_in(alice)["type"] == "ready"


def test_who_is_being_served_is_not_shut_out_by_more(server):
    """WebSockets are never closed for others."""
    with ExitStack() as stack:
        taken = [stack.enter_context(listening(server)) for _ in range(60)]
        with connected(server) as connection:
            assert said(connection) == (503, "too_many_connections")
        for socket_ in taken:
            socket_.connection.ping()
