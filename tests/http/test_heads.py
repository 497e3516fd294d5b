"""The head of a request, on a real server without a proxy: how large it may be, and that it names its host."""

from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.wire import GET, connected, said


def peak(status: Path) -> int:
    """The most memory so far, in kB."""
    return int(status.read_text().partition("VmHWM:")[2].split()[0])


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(GET + b"X-Long: " + b"a" * 70_000, id="one header"),
        pytest.param(GET + b"X-Long: " + b"a" * 70_000 + b"\r\n\r\n", id="one header, complete"),
        pytest.param(GET + b"X: 1\r\n" * 15_000 + b"\r\n", id="many headers"),
        pytest.param(GET + b"x" * 70_000, id="a name"),
        pytest.param(b"GET /" + b"a" * 70_000, id="a target"),
        pytest.param(b"GET /?" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", id="a query, complete"),
        pytest.param(b"\r\n" * 40_000, id="empty lines"),
        pytest.param(
            GET.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: " + b"a" * 300_000,
            id="a trailer",
        ),
        pytest.param(
            GET.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"a" * 300_000,
            id="an extension of a chunk",
        ),
        pytest.param(
            b"GET /ws/events/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX: "
            + b"a" * 70_000
            + b"\r\n\r\n",
            id="a handshake",
        ),
    ],
)
@pytest.mark.parametrize("piece", [400_000, 5_000])
def test_a_head_of_more_than_64_kib_is_refused(shared_server, head, piece):
    with connected(shared_server) as connection:
        with suppress(ConnectionError):
            for start in range(0, len(head), piece):
                connection.sendall(head[start : start + piece])
        assert said(connection) == (431, "head_too_large")


def test_a_head_of_almost_64_kib_is_read(shared_server):
    answer = httpx.get(f"{shared_server.url}/api/", headers={"X-Long": "a" * 64_000})
    assert answer.status_code == 200


def test_an_endless_head_takes_no_memory(shared_server):
    status = Path(f"/proc/{shared_server.process.pid}/status")
    before = peak(status)
    for begun in (GET, GET + b"X-Long: "):
        with connected(shared_server) as connection, suppress(ConnectionError):
            connection.sendall(begun)
            for _ in range(100):
                connection.sendall(b"X-More: " + b"a" * 1_000_000 + b"\r\n")
    assert peak(status) - before < 20_000


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /api/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /api/ HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n", 400),
        (b"GET /api/ HTTP/1.0\r\nHost: localhost\r\nHost: 127.0.0.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (b"GET /ws/events/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
    ],
)
def test_a_request_names_its_host_once(shared_server, head, status):
    with connected(shared_server) as connection:
        connection.sendall(head)
        if status == 400:
            assert said(connection) == (400, "malformed_request")
        else:
            assert connection.recv(65536).startswith(f"HTTP/1.1 {status} ".encode())


def test_the_requests_before_a_bad_one_are_answered(shared_server):
    for bad in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40):
        with connected(shared_server) as connection:
            connection.sendall((GET + b"\r\n") * 20 + bad)
            answer = b"".join(iter(partial(connection.recv, 65536), b""))
        assert 20 <= answer.count(b"HTTP/1.1 200 ") < 60


def test_a_trailer_is_no_header(shared_server):
    head = b"GET /api/profile/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    token = shared_server.register("alice").headers["Authorization"].encode()
    with connected(shared_server) as connection:
        connection.sendall(head + b"0\r\nAuthorization: " + token + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
