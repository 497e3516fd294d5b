"""`Idempotency-Key` on a real server: many at once, clients that hang up, and a server that is killed at its work."""

import hashlib
import signal
import socket
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.http.library.test_at_once import at_once
from tests.http.problems import refused

UPLOADS = 40


def upload(client: httpx.Client, content: bytes, key: str | None, **fields: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/api/pictures/", files={"image": ("photo.png", content)}, data=fields, headers=headers)


def new_key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def alice(shared_server):
    return shared_server.register("alice")


def usage(client: httpx.Client) -> Any:
    return client.get("/api/profile/").json()["usage"]


def test_fifty_uploads_at_once_with_one_key_are_one_picture(alice):
    content, key = pictures.png(500, 400, seed=81), new_key()
    answers = at_once(50, lambda number: upload(alice, content, key))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 49
    assert usage(alice) == {"bytes": len(content), "pictures": 1}
    assert [picture["id"] for picture in alice.get("/api/pictures/").json()["results"]] == [answers[0].json()["id"]]


def test_fifty_uploads_at_once_without_a_key_are_fifty_pictures(alice):
    content = pictures.png(60, 50, seed=82)
    answers = at_once(50, lambda number: upload(alice, content, None))
    assert len({answer.json()["id"] for answer in answers}) == 50
    assert usage(alice) == {"bytes": 50 * len(content), "pictures": 50}


def test_of_two_bodies_at_once_with_one_key_one_counts(alice):
    contents, key = [pictures.png(60, 50, seed=seed) for seed in (83, 84)], new_key()
    answers = at_once(20, lambda number: upload(alice, contents[number % 2], key))
    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 10}
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "idempotency_key_reused")
    assert usage(alice)["pictures"] == 1


def test_links_and_registrations_at_once_with_one_key_are_made_once(shared_server, alice):
    shared_server.sql(
        "UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Enterprise') WHERE id = ?",
        alice.user["id"],
    )
    picture = upload(alice, pictures.png(60, 50, seed=85), None).json()["id"]
    key = {"Idempotency-Key": new_key()}
    links = f"/api/pictures/{picture}/links/"
    answers = at_once(20, lambda number: alice.post(links, json={"expiring_time_seconds": 300}, headers=key))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert len(alice.get(links).json()["results"]) == 1
    body = {"email": f"erin-{key['Idempotency-Key']}@example.com", "password": "correct horse battery staple"}
    register = f"{shared_server.url}/api/register/"
    answers = at_once(10, lambda number: httpx.post(register, json=body, headers=key, timeout=60))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}


def test_a_lapsed_claim_is_taken_over_by_one(shared_server, alice):
    content, key = pictures.png(500, 400, seed=86), new_key()
    first = upload(alice, content, key)
    shared_server.sql(
        "UPDATE idempotency_storedanswer SET status = NULL, body = '', claimed_at = ? WHERE key = ?",
        *(f"{datetime.now(UTC) - timedelta(seconds=61):%Y-%m-%d %H:%M:%S}", key),
    )
    answers = at_once(20, lambda number: upload(alice, content, key))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert answers[0].json()["id"] != first.json()["id"]
    assert usage(alice)["pictures"] == 2


def test_a_client_that_hangs_up_in_its_body_leaves_no_claim(shared_server, alice):
    content, key = pictures.png(500, 400, seed=87), new_key()
    request = alice.build_request(
        "POST", "/api/pictures/", files={"image": ("photo.png", content)}, headers={"Idempotency-Key": key}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection(("127.0.0.1", shared_server.port)) as connection:
        connection.sendall(
            f"POST /api/pictures/ HTTP/1.1\r\n{head}\r\n".encode() + request.read()[: len(content) // 2]
        )
        connection.shutdown(socket.SHUT_WR)
        assert b"body_incomplete" in connection.makefile("rb").read()
    assert upload(alice, content, key).status_code == 201
    assert usage(alice)["pictures"] == 1


def test_a_client_that_does_not_wait_for_its_answer_finds_it_later(shared_server, alice):
    content, key = pictures.png(1200, 900, seed=88), new_key()
    with pytest.raises(httpx.ReadTimeout):
        alice.post(
            "/api/pictures/",
            files={"image": ("photo.png", content)},
            headers={"Idempotency-Key": key},
            timeout=httpx.Timeout(10, read=0.001),
        )
    assert upload(alice, content, key).status_code == 201
    assert usage(alice)["pictures"] == 1


@pytest.mark.fault
def test_after_a_kill_every_keyed_upload_can_be_sent_again_and_exists_once(own_server):
    own_server.start()
    alice = own_server.register("alice")
    uploads = {new_key(): pictures.png(500, 300, seed=seed) for seed in range(UPLOADS)}
    kept: dict[str, bytes] = {}
    enough = threading.Event()

    def send(key: str) -> None:
        try:
            answer = upload(alice, uploads[key], key)
        except httpx.TransportError:
            return
        if answer.status_code == 201:
            kept[key] = answer.content
            if len(kept) >= 8:
                enough.set()

    with ThreadPoolExecutor(8) as threads:
        pending = [threads.submit(send, key) for key in uploads]
        assert enough.wait(60)
        own_server.stop(signal.SIGKILL)
        for one in pending:
            one.result()
    assert 8 <= len(kept) < UPLOADS
    ((claims,),) = own_server.sql("SELECT COUNT(*) FROM idempotency_storedanswer WHERE status IS NULL")
    assert claims, "Nobody was killed at work."

    own_server.start()
    with ThreadPoolExecutor(8) as threads:
        answers = dict(zip(uploads, threads.map(lambda key: upload(alice, uploads[key], key), uploads), strict=True))
    assert {answer.status_code for answer in answers.values()} == {201}
    for key, body in kept.items():
        assert answers[key].content == body
    for key, content in uploads.items():
        rows = own_server.sql("SELECT id FROM library_picture WHERE sha256 = ?", hashlib.sha256(content).hexdigest())
        assert rows == [(answers[key].json()["id"],)]
    assert usage(alice) == {"bytes": sum(map(len, uploads.values())), "pictures": UPLOADS}
    assert "Everything agrees" in own_server.manage("check_integrity", "--deep")
