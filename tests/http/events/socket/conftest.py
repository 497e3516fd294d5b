"""Alice and Bob on a real server, and what they do there besides listening."""

import httpx
import pytest


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


def another_login(client, server):
    body = {"email": client.email, "password": "correct horse battery staple"}
    return httpx.post(f"{server.url}/api/login/", json=body).json()["access"]


@pytest.fixture
def cookie(shared_server, alice):
    """The session cookie of a browser where Alice has signed in."""
    with httpx.Client(base_url=shared_server.url) as browser:
        body = {"login": alice.email, "password": "correct horse battery staple"}
        assert browser.post("/accounts/login/", json=body).status_code == 200
        return f"sessionid={browser.cookies['sessionid']}"
