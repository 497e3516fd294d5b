"""Fast and ordinary answers on one connection: their order, and when it is closed."""

import socket
import time

import pytest

from tests.wire import connected

ASKED = ("/api/pictures/", "/api/albums/", "/api/plans/", "/api/pictures/?page_size=1")


@pytest.fixture(scope="module")
def alice(shared_server):
    with shared_server.register("alice") as client:
        assert client.post("/api/albums/", json={"name": "Summer"}).status_code == 201
        yield client


def request(alice, path, number=0, *, method="GET", version="1.1", more="", body=""):
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return (
        f"{method} {path} HTTP/{version}\r\nHost: 127.0.0.1\r\nAuthorization: {alice.headers['Authorization']}\r\n"
        f"X-Request-ID: r{number}\r\n{length}{more}\r\n{body}"
    ).encode()


def answers(connection, count, *, bodies=True):
    """Read so many answers, and return the status, the headers and the body of each."""
    found, stream = [], connection.makefile("rb")
    for _ in range(count):
        status = int((stream.readline() or pytest.fail("no answer")).split()[1])
        lines = iter(lambda: stream.readline().decode("latin-1").rstrip("\r\n"), "")
        headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
        found.append((status, headers, stream.read(int(headers["content-length"])) if bodies else b""))
    return found


def without_moment(headers):
    return {name: value for name, value in headers.items() if name not in ("date", "x-request-id")}


@pytest.mark.parametrize("path", ASKED[:2])
def test_a_fast_answer_is_the_ordinary_one_on_the_wire(shared_server, alice, path):
    with connected(shared_server) as connection:
        # No fast read knows this header.
        connection.sendall(request(alice, path) + request(alice, path, more="X-Other: 1\r\n"))
        (_, headers, body), (_, ordinary_headers, ordinary_body) = answers(connection, 2)
    assert without_moment(headers) == without_moment(ordinary_headers)
    assert body == ordinary_body
    # By their order one can tell which of the two was fast.
    assert list(without_moment(headers)) != list(without_moment(ordinary_headers))


@pytest.mark.parametrize("together", [True, False])
def test_answers_come_in_the_order_of_their_requests(shared_server, alice, together):
    sent = [request(alice, ASKED[number % len(ASKED)], number) for number in range(24)]
    with connected(shared_server) as connection:
        for packet in [b"".join(sent)] if together else sent:
            connection.sendall(packet)
        found = answers(connection, len(sent))
    assert [(status, headers["x-request-id"]) for status, headers, _ in found] == [(200, f"r{n}") for n in range(24)]


def test_a_change_in_a_pipeline_shows_in_the_next_answer(shared_server, alice):
    body = '{"name": "Behind a fast one"}'
    post = request(alice, "/api/albums/", method="POST", body=body)
    listed = request(alice, "/api/albums/")
    with connected(shared_server) as connection:
        # The body comes in another packet than its head, and the last request in a third one.
        connection.sendall(listed + post[:-5])
        connection.sendall(post[-5:] + listed[:20])
        connection.sendall(listed[20:])
        before, changed, after = answers(connection, 3)
    assert (before[0], changed[0], after[0]) == (200, 201, 200)
    assert b"Behind a fast one" not in before[2]
    assert b"Behind a fast one" in after[2]


def test_a_head_request_gets_the_headers_alone(shared_server, alice):
    with connected(shared_server) as connection:
        connection.sendall(request(alice, "/api/pictures/"))
        [(_, fast, _)] = answers(connection, 1)
        connection.sendall(request(alice, "/api/pictures/", method="HEAD"))
        [(status, headers, _)] = answers(connection, 1, bodies=False)
        assert (status, without_moment(headers)) == (200, without_moment(fast))


@pytest.mark.parametrize("how", ["close", "old", "half"])
def test_a_connection_ends_behind_its_last_answer(shared_server, alice, how):
    last = {
        "close": request(alice, "/api/pictures/", more="Connection: close\r\n"),
        "old": request(alice, "/api/pictures/", version="1.0"),
        "half": request(alice, "/api/pictures/"),
    }[how]
    with connected(shared_server) as connection:
        connection.sendall(request(alice, "/api/albums/") + last)
        if how == "half":
            connection.shutdown(socket.SHUT_WR)
        first, second = answers(connection, 2)
        assert (first[0], second[0]) == (200, 200)
        assert connection.recv(1) == b""


def test_a_slow_request_behind_a_fast_one_is_not_cut_off(shared_server, alice):
    if shared_server.postgres:
        pytest.skip("Only SQLite makes writers wait for each other, and is asked in the event loop.")
    import sqlite3

    post = request(alice, "/api/albums/", method="POST", body='{"name": "Late"}')
    with connected(shared_server) as connection:
        with sqlite3.connect(shared_server.data_dir / "albumen.sqlite3", isolation_level=None) as writer:
            writer.execute("BEGIN IMMEDIATE")
            connection.sendall(request(alice, "/api/pictures/") + post)
            # Longer than a connection may be idle between requests.
            time.sleep(5.5)
            writer.execute("COMMIT")
        assert [status for status, _, _ in answers(connection, 2)] == [200, 201]


def test_all_answers_come_the_ordinary_way_where_that_is_set(own_server):
    own_server.start(ALBUMEN_FAST_PATHS="false")
    with own_server.register("alice") as alice, connected(own_server) as connection:
        # No fast read knows this header; fast answers have their headers in another order.
        connection.sendall(request(alice, "/api/pictures/", more="X-Other: 1\r\n") + request(alice, "/api/pictures/"))
        ordinary, chosen = answers(connection, 2)
    assert list(without_moment(chosen[1]).items()) == list(without_moment(ordinary[1]).items())
    assert chosen[2] == ordinary[2]
