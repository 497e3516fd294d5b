"""The limit on guesses holds on a real server, however many come at once and wherever they come from."""

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.http.problems import refused
from tests.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    limited = Server(tmp_path_factory.mktemp("limited") / "data")
    limited.start(ALBUMEN_RATE_LOGIN="5/min")
    yield limited
    limited.remove()


def attempt(server, address, email, password="a guess"):
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=60) as client:
        return client.post(f"{server.url}/api/login/", json={"email": email, "password": password})


@pytest.mark.parametrize(("known", "address", "times"), [(False, "127.0.0.5", 50), (True, "127.0.0.1", 30)])
def test_of_many_guesses_at_once_five_are_looked_at(server, at_once, known, address, times):
    email = server.register("alice").email if known else "nobody@example.com"
    answers = at_once(lambda _: attempt(server, address, email), times)
    late = [answer for answer in answers if answer.status_code != 401]
    assert len(late) == times - 5
    for answer in late:
        refused(answer, 429, "rate_limited")


def test_an_attacker_elsewhere_does_not_lock_alice_out(server):
    alice = server.register("alice")
    statuses = [attempt(server, "127.0.0.2", alice.email).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert attempt(server, "127.0.0.1", alice.email, PASSWORD).status_code == 200
    refused(attempt(server, "127.0.0.2", alice.email, PASSWORD), 429, "rate_limited")
