"""What ends a socket: its login, its token, and the server."""

import signal
import time

import httpx
import pytest

from tests.http.events.socket.conftest import another_login, make_album
from tests.sockets import listening, token_of

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
