"""`/ws/events/` on a real server: signing in, hearing, resuming, and the ends of it."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests import pictures
from tests.server import ROOT
from tests.sockets import listening, token_of

UPLOADS = int(os.environ.get("ALBUMEN_TEST_SOCKET_UPLOADS", "60"))


@pytest.fixture
def alice(shared_server):
    return shared_server.register("alice")


@pytest.fixture
def bob(shared_server):
    return shared_server.register("bob")


def make_album(client, name="Summer"):
    answer = client.post("/api/albums/", json={"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def log_of(client, after=0):
    """Everything that stands in a client's log."""
    events, last = [], None
    while last is None or after < last:
        page = client.get(f"/api/events/?after={after}&limit=1000").json()
        events, last = events + page["results"], page["last"]
        after = events[-1]["id"] if events else last
    return events


@pytest.mark.parametrize("path", ["/ws/events/", "/ws/events"])
def test_what_happens_is_heard_at_once_and_as_it_stands_in_the_log(shared_server, alice, path):
    with listening(shared_server, path) as ear:
        assert ear.sign_in(alice) == {"type": "ready", "last": 0}
        album = make_album(alice)
        (event,) = ear.hear_events(1)
        assert (event["id"], event["event"], event["data"]["id"]) == (1, "album.created", album)
        (row,) = log_of(alice)
        assert event == {"type": "event", "id": row["id"], "event": row["type"], "at": row["at"], "data": row["data"]}


def test_everybody_hears_their_own(shared_server, alice, bob):
    with listening(shared_server) as first, listening(shared_server) as second, listening(shared_server) as other:
        for ear, client in ((first, alice), (second, alice), (other, bob)):
            assert ear.sign_in(client)["last"] == 0
        make_album(alice)
        make_album(bob, "Winter")
        assert first.hear_events(1) == second.hear_events(1)
        assert [event["data"]["name"] for event in other.hear_events(1)] == ["Winter"]


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


@pytest.mark.parametrize("access", ["", "x", "a.b.c", None])
def test_who_has_no_valid_token_is_refused(shared_server, access):
    with listening(shared_server) as ear:
        ear.say({"type": "auth", "access": access})
        assert ear.hear()["type"] == "error"
        assert ear.ended() == 4401


def test_a_refresh_token_opens_nothing(shared_server, alice):
    body = {"email": alice.email, "password": "correct horse battery staple"}
    tokens = httpx.post(f"{shared_server.url}/api/login/", json=body).json()
    with listening(shared_server) as ear:
        ear.say({"type": "auth", "access": tokens["refresh"]})
        assert ear.hear()["code"] == "token_invalid"
        assert ear.ended() == 4401


def test_who_says_nothing_is_shut_out(shared_server):
    with listening(shared_server) as ear:
        ear.say({"type": "ping"})
        assert ear.hear() == {"type": "pong"}
        assert ear.hear()["code"] == "not_authenticated"
        assert ear.ended() == 4401


ENDS = {
    "logout": lambda client, server: client.post("/api/logout/all/"),
    "session": lambda client, server: client.delete(
        f"/api/sessions/{client.get('/api/sessions/').json()['results'][0]['id']}/"
    ),
    "password": lambda client, server: httpx.post(
        f"{server.url}/api/profile/password/",
        json={"current_password": "correct horse battery staple", "new_password": "another long sentence"},
        headers={"Authorization": f"Bearer {another_login(client, server)}"},
    ),
    "deactivated": lambda client, server: server.sql(
        "UPDATE accounts_user SET is_active = false WHERE id = ?", client.user["id"]
    ),
    "deleted": lambda client, server: client.request(
        "DELETE", "/api/profile/", json={"password": "correct horse battery staple"}
    ),
}


def another_login(client, server):
    body = {"email": client.email, "password": "correct horse battery staple"}
    return httpx.post(f"{server.url}/api/login/", json=body).json()["access"]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_login_that_ends_takes_its_socket_along(shared_server, alice, bob, end):
    with listening(shared_server) as ear, listening(shared_server) as other:
        assert ear.sign_in(alice)["type"] == other.sign_in(bob)["type"] == "ready"
        end(alice, shared_server)
        assert ear.hear()["code"] == "session_ended"
        assert ear.ended() == 4401
        make_album(bob)
        assert other.hear()["type"] == "event"


def test_a_token_ends_its_socket_when_its_time_is_over_unless_it_was_renewed(own_server):
    own_server.start(ALBUMEN_ACCESS_TOKEN_DAYS=f"{8 / 86400:.7f}")
    alice = own_server.register("alice")
    with listening(own_server) as ear, listening(own_server) as renewed:
        assert ear.sign_in(alice)["type"] == renewed.sign_in(alice)["type"] == "ready"
        time.sleep(3)
        renewed.say({"type": "auth", "access": another_login(alice, own_server)})
        assert renewed.hear() == {"type": "ready", "last": 0}
        assert ear.hear()["code"] == "session_ended"
        assert ear.ended() == 4401
        renewed.say({"type": "ping"})
        assert renewed.hear() == {"type": "pong"}
    with listening(own_server) as ear:
        assert ear.sign_in(alice)["code"] == "token_expired"
        assert ear.ended() == 4401


@pytest.fixture
def cookie(shared_server, alice):
    """The session cookie of a browser where Alice has signed in."""
    with httpx.Client(base_url=shared_server.url) as browser:
        body = {"login": alice.email, "password": "correct horse battery staple"}
        assert browser.post("/accounts/login/", json=body).status_code == 200
        return f"sessionid={browser.cookies['sessionid']}"


@pytest.mark.parametrize("first", [None, {"type": "auth", "after": 1}])
def test_a_browser_needs_no_token(shared_server, alice, cookie, first):
    for _ in range(2):
        make_album(alice)
    with listening(shared_server, origin=shared_server.url, additional_headers={"Cookie": cookie}) as ear:
        if first:
            ear.say(first)
        assert ear.hear() == {"type": "ready", "last": 2}
        make_album(alice)
        assert [event["id"] for event in ear.hear_events(2 if first else 1)] == ([2, 3] if first else [3])
        httpx.post(
            f"{shared_server.url}/api/logout/all/", headers={"Authorization": alice.headers["Authorization"]}
        ).raise_for_status()
        assert ear.hear()["code"] == "session_ended"
        assert ear.ended() == 4401


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://[", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1", "x" * 99],
)
def test_a_page_from_elsewhere_gets_nothing_by_a_cookie(shared_server, alice, cookie, origin):
    headers = [("Cookie", cookie), *([("Origin", origin.format(port=shared_server.port))] if origin else [])]
    with listening(shared_server, additional_headers=headers) as ear:
        ear.say({"type": "auth"})
        assert ear.hear()["code"] == "not_authenticated"
        assert ear.ended() == 4401
    with listening(shared_server, additional_headers=headers) as ear:
        # With a token it does not matter where the page is from.
        assert ear.sign_in(alice)["type"] == "ready"


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "7",
        "[" * 30000,
        '{"type": "subscribe"}',
        '{"type": ["auth"]}',
        '{"access": "x"}',
        '{"type": "auth", "access": 7}',
        '{"type": "auth", "access": "x", "after": "1"}',
        '{"type": "auth", "access": "x", "after": true}',
        '{"type": "auth", "access": "x", "after": -1}',
        f'{{"type": "auth", "access": "x", "after": {2**63}}}',
        b"bytes",
    ],
)
def test_what_makes_no_sense_ends_the_socket(shared_server, message):
    with listening(shared_server) as ear:
        ear.connection.send(message)
        assert ear.hear()["code"] == "malformed_message"
        assert ear.ended() == 4400


def test_a_large_message_and_a_flood_are_not_read(shared_server, alice):
    with listening(shared_server) as ear:
        ear.say({"type": "auth", "access": "x" * 64 * 1024})
        assert ear.ended() == 1009
    with listening(shared_server) as ear:
        assert ear.sign_in(alice)["type"] == "ready"
        for _ in range(250):
            try:
                ear.say({"type": "ping"})
            except ConnectionClosed:
                break
        assert ear.ended() == 4429


def test_another_users_token_does_not_change_whose_socket_it_is(shared_server, alice, bob):
    with listening(shared_server) as ear:
        assert ear.sign_in(alice)["type"] == "ready"
        assert ear.sign_in(bob)["code"] == "malformed_message"
        assert ear.ended() == 4400


def test_one_user_has_fifty_sockets(shared_server, alice, bob):
    ears = [listening(shared_server) for _ in range(51)]
    try:
        opened = [ear.__enter__() for ear in ears]
        said = [ear.sign_in(alice) for ear in opened]
        assert [one["type"] for one in said] == ["ready"] * 50 + ["error"]
        assert (said[-1]["code"], opened[-1].ended()) == ("rate_limited", 4429)
        with listening(shared_server) as other:
            assert other.sign_in(bob)["type"] == "ready"
    finally:
        for ear in ears:
            ear.__exit__(None, None, None)
    with listening(shared_server) as again:
        assert again.sign_in(alice)["type"] == "ready"


def test_one_address_cannot_take_all_places_of_those_who_have_not_signed_in(shared_server, alice):
    with ExitStack() as stack:
        waiting = [stack.enter_context(listening(shared_server)) for _ in range(100)]
        with pytest.raises(InvalidStatus), listening(shared_server):
            pass
        with listening(shared_server, source_address=("127.0.0.2", 0)) as elsewhere:
            assert elsewhere.sign_in(alice)["type"] == "ready"
        assert waiting[0].sign_in(alice)["type"] == "ready"
        with listening(shared_server) as next_one:
            assert next_one.sign_in(alice)["type"] == "ready"


def test_there_is_no_other_socket(shared_server):
    with pytest.raises(InvalidStatus), listening(shared_server, "/ws/other/"):
        pass


def test_what_another_process_writes_is_heard(shared_server, alice):
    script = (
        "from django.utils import timezone; from albumen.accounts.models import User; "
        "from albumen.library.services.albums import create_album; "
        f"create_album(actor=User.objects.get(pk={alice.user['id']}), name='By hand', now=timezone.now())"
    )
    with listening(shared_server) as ear:
        assert ear.sign_in(alice)["last"] == 0
        command = [sys.executable, "manage.py", "shell", "-c", script]
        subprocess.run(command, cwd=ROOT, env=shared_server.env, check=True, capture_output=True, timeout=60)
        assert ear.hear()["data"]["name"] == "By hand"


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


def test_a_server_that_stops_says_so_and_does_not_wait_and_no_token_is_in_its_log(own_server):
    own_server.start(ALBUMEN_LOG_LEVEL="DEBUG")
    alice = own_server.register("alice")
    path = f"/ws/events/?access={token_of(alice)}"
    with listening(own_server, path) as ear, listening(own_server) as silent:
        assert ear.sign_in(alice)["type"] == "ready"
        silent.say({"type": "ping"})
        assert silent.hear() == {"type": "pong"}
        assert own_server.stop(signal.SIGTERM) is not None
        assert ear.ended() == silent.ended() == 1012
    log = own_server.log.read_text()
    assert "Traceback" not in log
    assert token_of(alice).rpartition(".")[2] not in log


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
