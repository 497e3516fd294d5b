"""Hostile requests on a real server: each is refused in words, costs little, and leaves nothing behind."""

import base64
import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.http.problems import refused

LOGIN = "/api/login/"
FORM = "multipart/form-data; boundary=x"
HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"


@pytest.fixture(scope="module")
def alice(shared_server: Any) -> Iterator[httpx.Client]:
    with shared_server.register("alice") as client:
        yield client


@pytest.fixture
def nothing_left(shared_server: Any, alice: httpx.Client) -> Iterator[None]:
    before = alice.get("/api/profile/").json()["usage"]
    yield
    assert alice.get("/api/profile/").json()["usage"] == before
    deadline = time.monotonic() + 10
    incoming = shared_server.data_dir / "media" / "incoming"
    while temporary_files := [path for path in incoming.glob("*") if path.suffix != ".lock"]:
        assert time.monotonic() < deadline, temporary_files
        time.sleep(0.05)


def raw(server: Any, request: bytes, *, half_close: bool = False) -> tuple[int, dict[str, str], Any]:
    """Send bytes as they are, and read the one answer: status, headers, and the problem document."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536) or pytest.fail("no answer")
        head, _, body = answer.partition(b"\r\n\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
        }
        while len(body) < int(headers["content-length"]):
            body += connection.recv(65536) or pytest.fail("the answer ended early")
    return int(head.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"[" * 100_000, "malformed_json", id="brackets"),
        pytest.param(b'{"a":' * 100_000, "malformed_json", id="nested"),
        pytest.param(b'{"email":' + b"9" * 5000 + b"}", "malformed_json", id="huge integer"),
        pytest.param(b'{"email":"\xff\xfe"}', "malformed_json", id="not UTF-8"),
        pytest.param(b'{"email":"\\ud800"}', "malformed_json", id="half a surrogate"),
        pytest.param(b'{"email":NaN}', "malformed_json", id="NaN"),
        pytest.param(b'{"email":"a"', "malformed_json", id="cut off"),
        pytest.param(b'["email"]', "malformed_json", id="no object"),
        pytest.param(b'{"email":"a\\u0000b","password":"x"}', "null_characters_not_allowed", id="NUL"),
        pytest.param(b"", "required", id="empty"),
    ],
)
def test_a_broken_json_body_is_a_400(shared_server, body, code):
    answer = httpx.post(shared_server.url + LOGIN, content=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, code)


def test_json_beside_the_picture_is_bounded(shared_server):
    answer = httpx.post(shared_server.url + LOGIN, json={"email": "a" * 1_000_001, "password": "x"})
    refused(answer, 413, "too_large")


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "nonsense"])
@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
def test_another_charset_is_a_400(shared_server, charset, media_type):
    headers = {"Content-Type": f"{media_type}; charset={charset}"}
    refused(httpx.post(shared_server.url + LOGIN, content=b"{}", headers=headers), 400, "unsupported_charset")


def test_a_form_that_is_not_utf8_is_a_400(shared_server):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(shared_server.url + LOGIN, content=b"email=%FF&password=x", headers=headers)
    refused(answer, 400, "invalid_encoding", "/email")


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "identity, gzip", "nonsense"])
@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/api/pictures/", "multipart/form-data; boundary=cut"),
        ("/api/login/", "application/json"),
        ("/accounts/login/", "application/x-www-form-urlencoded"),
        ("/admin/login/", "application/x-www-form-urlencoded"),
    ],
)
def test_a_compressed_body_is_a_415_at_every_door(shared_server, coding, path, media_type):
    headers = {"Content-Type": media_type, "Content-Encoding": coding}
    answer = httpx.post(shared_server.url + path, content=b"\x1f\x8b\x08" * 20, headers=headers)
    problem = refused(answer, 415, "unsupported_content_encoding")
    assert "Content-Encoding" in problem["detail"]
    assert answer.headers["Accept-Encoding"] == "identity"


def test_identity_is_no_coding(alice):
    answer = alice.post("/api/albums/", json={"name": "Summer"}, headers={"Content-Encoding": "identity"})
    assert answer.status_code == 201


def test_an_unknown_media_type_is_a_415(shared_server):
    answer = httpx.post(shared_server.url + LOGIN, content=b"<a/>", headers={"Content-Type": "text/xml"})
    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "request_line",
    [b"GARBAGE", b"GET /api/plans/?a=\xff HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET /api/plans/ HTTP/9.9"],
)
def test_what_is_not_http_gets_a_problem_document_too(shared_server, request_line):
    status, headers, problem = raw(shared_server, request_line + b"\r\nHost: localhost\r\n\r\n")
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert problem["code"] == "malformed_request"
    assert "%-encoded" in problem["detail"]


@pytest.mark.parametrize(
    ("target", "host", "status", "code"),
    [
        (b"/api/pl%00ans/", b"localhost", 400, "null_character"),
        (b"/api/plans/?search=%00", b"localhost", 400, "null_character"),
        (b"/api/plans/?search=%ED%A0%80", b"localhost", 400, "invalid_encoding"),
        (b"/api/%ff%fe/", b"localhost", 404, "not_found"),
        (b"/api/pictures/" + b"9" * 5000, b"localhost", 404, "not_found"),
        (b"/api/plans/", b"evil.example", 400, "malformed_request"),
    ],
)
def test_a_strange_address_is_refused_in_words(shared_server, target, host, status, code):
    answer = raw(shared_server, b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert (answer[0], answer[1]["content-type"], answer[2]["code"]) == (status, "application/problem+json", code)


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("media_type", [FORM, "application/json"])
def test_a_body_that_is_cut_off_is_a_400(shared_server, alice, media_type):
    begun = HEAD + pictures.jpeg()[:500] if media_type == FORM else b'{"image": "' + b"A" * 100_000
    head = (
        f"POST /api/pictures/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: {alice.headers['Authorization']}\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: 900000\r\n\r\n"
    )
    status, _, problem = raw(shared_server, head.encode() + begun, half_close=True)
    assert (status, problem["code"]) == (400, "body_incomplete")


@pytest.mark.usefixtures("nothing_left")
def test_a_client_that_vanishes_in_the_middle_leaves_nothing(shared_server, alice):
    head = (
        f"POST /api/pictures/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: {alice.headers['Authorization']}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: 900000\r\n\r\n"
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", shared_server.port)) as connection:
            connection.sendall(head.encode() + HEAD + pictures.jpeg())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"".join(HEAD + b"a\r\n" for _ in range(9)) + TAIL, id="nine files"),
        pytest.param(
            b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\na\r\n' % n for n in range(500)) + TAIL,
            id="500 fields",
        ),
        pytest.param(
            HEAD.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"!" + TAIL, id="base64"
        ),
        pytest.param(HEAD + b"abc", id="no end"),
        pytest.param(b"abc", id="no parts"),
    ],
)
def test_a_broken_form_is_a_400(alice, body):
    answer = alice.post("/api/pictures/", content=body, headers={"Content-Type": FORM})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def endless(megabytes: int) -> Iterator[bytes]:
    yield HEAD
    for _ in range(megabytes):
        yield b"\0" * 1_000_000
    yield TAIL


def resident(server: Any) -> int:
    """The server's peak resident memory, in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("length", [None, "10000000000"])
def test_a_10_gb_body_is_cut_at_the_cap_and_memory_stays_flat(shared_server, alice, length):
    before = resident(shared_server)
    headers = {"Content-Type": FORM} | ({"Content-Length": length} if length else {})
    try:
        answer = alice.post("/api/pictures/", content=endless(10_000), headers=headers)
        refused(answer, 413, "too_large", "/image")
    except httpx.TransportError:
        # The connection may be closed on a client that goes on sending; what counts is that it is cut.
        pass
    assert resident(shared_server) - before < 64_000


@pytest.mark.usefixtures("nothing_left")
def test_an_endless_string_in_json_is_cut_at_the_cap(shared_server, alice):
    def body() -> Iterator[bytes]:
        yield b'{"image": "'
        for _ in range(1000):
            yield base64.b64encode(b"\0" * 750_000)

    before = resident(shared_server)
    with contextlib.suppress(httpx.TransportError):
        refused(
            alice.post("/api/pictures/", content=body(), headers={"Content-Type": "application/json"}),
            413,
            "too_large",
        )
    assert resident(shared_server) - before < 64_000


def test_a_body_in_chunks_without_a_length_is_taken(alice):
    parts = [HEAD, pictures.jpeg(), TAIL]
    answer = alice.post("/api/pictures/", content=iter(parts), headers={"Content-Type": FORM})
    assert answer.status_code == 201


def test_a_client_that_waits_for_leave_to_send_is_refused_before_it_sends(shared_server, alice):
    head = (
        f"POST /api/pictures/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: {alice.headers['Authorization']}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n"
    )
    status, _, problem = raw(shared_server, head.encode())
    assert (status, problem["code"]) == (413, "too_large")


def test_slow_clients_do_not_keep_others_waiting(shared_server, alice):
    head = f"POST {LOGIN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", shared_server.port)) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(head.encode() + b"{")
        assert alice.get("/api/profile/", timeout=10).status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_every_answer_names_its_request(alice):
    assert re.fullmatch(r"[0-9a-f]{32}", alice.get("/api/profile/").headers["X-Request-ID"])
    given = alice.get("/api/nowhere/", headers={"X-Request-ID": "my-request-7"})
    assert given.headers["X-Request-ID"] == given.json()["request_id"] == "my-request-7"
    odd = alice.get("/api/nowhere/", headers={"X-Request-ID": "<script>"})
    assert "<" not in odd.headers["X-Request-ID"]


def test_many_hostile_requests_at_once_leave_the_server_well(shared_server, alice):
    def attack() -> None:
        for _ in range(10):
            httpx.post(shared_server.url + LOGIN, content=b"[" * 100_000, headers={"Content-Type": "application/json"})

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alice.get("/api/profile/").status_code == 200
