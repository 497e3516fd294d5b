"""Who was away, or too slow, or cut off, goes on where it was."""

import json
import os
import random
import socket
import threading
import time

import pytest

from tests import pictures
from tests.http.events.socket.conftest import log_of, make_album
from tests.sockets import listening

UPLOADS = int(os.environ.get("ALBUMEN_TEST_SOCKET_UPLOADS", "60"))


def test_who_comes_back_gets_what_was_missed_and_then_what_comes(shared_server, alice):
    for number in range(5):
        make_album(alice, f"{number}")
    with listening(shared_server) as ear:
        assert ear.sign_in(alice, after=2) == {"type": "ready", "last": 5}
        make_album(alice, "new")
        assert [event["id"] for event in ear.hear_events(4)] == [3, 4, 5, 6]
    with listening(shared_server) as ear:
        assert ear.sign_in(alice) == {"type": "ready", "last": 6}
        ear.say({"type": "ping"})
        assert ear.hear() == {"type": "pong"}


def test_who_was_away_too_long_is_told_where_to_go_on(shared_server, alice):
    for _ in range(3):
        make_album(alice)
    mine = (alice.user["id"],)
    shared_server.sql("DELETE FROM events_event WHERE receiver_id = ? AND number < 3", *mine)
    with listening(shared_server) as ear:
        refusal = ear.sign_in(alice, after=1)
        assert (refusal["type"], refusal["code"], refusal["oldest"]) == ("error", "events_pruned", 3)
        assert ear.ended() == 4410
    with listening(shared_server) as ear:
        assert ear.sign_in(alice, after=2)["type"] == "ready"
        assert [event["id"] for event in ear.hear_events(1)] == [3]
    with listening(shared_server) as ear:
        assert ear.sign_in(alice, after=4)["code"] == "unknown_event"
        assert ear.ended() == 4400


@pytest.mark.fault
def test_who_does_not_read_is_dropped_and_may_resume(shared_server, alice, bob):
    """So many bytes wait for the slow one that no buffer on the way takes them."""
    make_album(alice)
    me, rows = alice.user["id"], 41
    large = json.dumps({"name": "x" * 500_000})
    for number in range(2, rows + 1):
        shared_server.sql(
            "INSERT INTO events_event (receiver_id, number, type, at, data) "
            "SELECT receiver_id, ?, type, at, ? FROM events_event WHERE receiver_id = ? AND number = 1",
            *(number, large, me),
        )
    shared_server.sql("UPDATE events_stream SET last = ? WHERE user_id = ?", rows, me)
    with listening(shared_server, max_queue=1, ping_interval=None) as ear:
        assert ear.sign_in(alice, after=0)["type"] == "ready"
        with listening(shared_server) as other:
            assert other.sign_in(bob)["type"] == "ready"
            make_album(bob)
            assert other.hear()["type"] == "event"
        time.sleep(12)
        read, code = ear.read_to_the_end()
        got = read[-1]["id"]
        assert (code, got < rows) == (None, True)
    with listening(shared_server) as ear:
        assert ear.sign_in(alice, after=got)["last"] == rows
        assert [event["id"] for event in ear.hear_events(rows - got)] == list(range(got + 1, rows + 1))


def test_cut_at_random_and_resumed_nothing_is_missing_or_doubled(shared_server, alice):
    content = [pictures.png(30 + number % 50, 20 + number % 7, seed=number) for number in range(UPLOADS)]
    done = threading.Event()

    def upload(numbers):
        for number in numbers:
            answer = alice.post("/api/pictures/", files={"image": (f"{number}.png", content[number])})
            assert answer.status_code == 201, answer.text

    threads = [threading.Thread(target=upload, args=(range(one, UPLOADS, 4),)) for one in range(4)]

    def work():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done.set()

    threading.Thread(target=work).start()
    heard: list[int] = []
    chance = random.Random(UPLOADS)
    cuts = 0
    while not (done.is_set() and len(heard) >= UPLOADS):
        with listening(shared_server) as ear:
            assert ear.sign_in(alice, after=heard[-1] if heard else 0)["type"] == "ready"
            for _ in range(chance.randint(1, 8)):
                if len(heard) < UPLOADS:
                    heard.append(ear.hear(60)["id"])
            if chance.random() < 0.5:
                # As a lost network does: no word to the server, and what it sent meanwhile is lost.
                ear.connection.socket.shutdown(socket.SHUT_RDWR)
            cuts += 1
    assert cuts > UPLOADS / 10
    assert heard == list(range(1, UPLOADS + 1))
    assert heard == [row["id"] for row in log_of(alice)]
