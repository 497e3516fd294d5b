"""Bodies as they come over a real connection: in chunks, longer or shorter than they say, and files going out."""

import base64
import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests import pictures
from tests.http.problems import refused

CONTENT = pictures.png()
HEAD = b'--cut\r\nContent-Disposition: form-data; name="image"; filename="photo.png"\r\n\r\n'
TAIL = b"\r\n--cut--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=cut"}


@pytest.fixture
def alice(shared_server):
    return shared_server.register("alice")


def in_pieces(body: bytes):
    for start in range(0, len(body), 50_000):
        yield body[start : start + 50_000]


def on_a_bare_connection(server, client, length: int, body: bytes) -> tuple[int, dict]:
    """Sends a form with a Content-Length of one's own choice, then ends this half; answers status and document."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as wire:
        wire.sendall(
            b"POST /api/pictures/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            + f"Authorization: {client.headers['Authorization']}\r\nContent-Length: {length}\r\n".encode()
            + b"Content-Type: multipart/form-data; boundary=cut\r\n\r\n"
            + body
        )
        wire.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, document = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(document)


def test_an_upload_in_chunks_without_a_length_is_whole(alice):
    answer = alice.post("/api/pictures/", content=in_pieces(HEAD + CONTENT + TAIL), headers=FORM)
    assert answer.status_code == 201, answer.content
    assert answer.json()["bytes"] == len(CONTENT)
    text = json.dumps({"image": base64.b64encode(CONTENT).decode(), "name": "Dot"}).encode()
    answer = alice.post("/api/pictures/", content=in_pieces(text), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["bytes"]) == (201, len(CONTENT))


def test_chunks_beyond_the_plan_s_size_are_refused_on_the_way(shared_server, alice):
    shared_server.sql(
        "INSERT INTO plans_plan (name, thumbnail_heights, original, expiring_links, max_upload_bytes, is_default)"
        " VALUES (?, '[200]', TRUE, TRUE, ?, FALSE)",
        *(alice.email, len(CONTENT)),
    )
    shared_server.sql(
        "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = ?) WHERE id = ?",
        *(alice.email, alice.user["id"]),
    )
    assert alice.post("/api/pictures/", content=in_pieces(HEAD + CONTENT + TAIL), headers=FORM).status_code == 201
    answer = alice.post("/api/pictures/", content=in_pieces(HEAD + CONTENT + b"\0" + TAIL), headers=FORM)
    refused(answer, 413, "too_large", "/image")
    answer = alice.post("/api/pictures/", content=in_pieces(HEAD + bytes(5_000_000) + TAIL), headers=FORM)
    refused(answer, 413, "too_large", "/image")


def test_a_body_that_ends_before_its_length_is_no_picture(shared_server, alice):
    whole = HEAD + CONTENT + TAIL
    for body in (whole[: len(whole) // 2], whole[:50], whole):
        status, problem = on_a_bare_connection(shared_server, alice, len(whole) + 10, body)
        assert (status, problem["status"]) == (400, 400)
    assert alice.get("/api/pictures/").json()["results"] == []
    assert on_a_bare_connection(shared_server, alice, len(whole), whole)[0] == 201


def test_a_length_that_is_too_short_cuts_the_body(shared_server, alice):
    whole = HEAD + CONTENT + TAIL
    status, problem = on_a_bare_connection(shared_server, alice, len(HEAD) + len(CONTENT) // 2, whole)
    assert status == 400, problem
    assert alice.get("/api/pictures/").json()["results"] == []


def test_files_come_over_the_wire_as_they_should(alice):
    url = alice.post("/api/pictures/", files={"image": ("photo.png", pictures.png(900, 700))}).json()["thumbnails"][0][
        "url"
    ]
    whole, head = httpx.get(url), httpx.head(url)
    assert (whole.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))
    assert httpx.get(url, headers={"Range": "bytes=0-9"}).content == whole.content[:10]
    assert httpx.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416
    known = httpx.get(url, headers={"If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
