"""Who may listen on `/ws/events/`: by a token, and in a browser by its cookie."""

import httpx
import pytest

from tests.http.events.socket.conftest import make_album
from tests.sockets import listening


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


@pytest.mark.fault
def test_who_says_nothing_is_shut_out(shared_server):
    with listening(shared_server) as ear:
        ear.say({"type": "ping"})
        assert ear.hear() == {"type": "pong"}
        assert ear.hear()["code"] == "not_authenticated"
        assert ear.ended() == 4401


def test_another_users_token_does_not_change_whose_socket_it_is(shared_server, alice, bob):
    with listening(shared_server) as ear:
        assert ear.sign_in(alice)["type"] == "ready"
        assert ear.sign_in(bob)["code"] == "malformed_message"
        assert ear.ended() == 4400


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
