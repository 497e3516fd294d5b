"""Sign-ins, sign-outs and requests at once: what works is listed, what is listed works, and what ended stays ended."""

import random

import httpx
import pytest

PASSWORD = "correct horse battery staple"


def sign_in(server, email):
    """Return a client with a cookie, and its tokens."""
    browser = httpx.Client(base_url=server.url, timeout=60)
    answer = browser.post("/accounts/login/", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200
    return browser, answer.json()


def works(login):
    browser, tokens = login
    by_cookie = browser.get("/api/profile/").status_code
    by_token = httpx.get(
        f"{browser.base_url}/api/profile/", headers={"Authorization": f"Bearer {tokens['access']}"}, timeout=60
    ).status_code
    # Both belong to one login.
    assert by_cookie == by_token
    return by_cookie == 200


@pytest.mark.parametrize("turn", range(2))
def test_sign_ins_and_sign_outs_everywhere_at_once(shared_server, at_once, turn):
    alice = shared_server.register("alice")
    before = [sign_in(shared_server, alice.email) for _ in range(3)]

    def act(n):
        if n % 4 == 3:
            return alice.post("/api/logout/all/").status_code
        return sign_in(shared_server, alice.email)

    done = at_once(act, 12)
    assert 204 in done
    assert not any(map(works, before))
    after = [login for login in done if not isinstance(login, int)]
    alive = [login for login in after if works(login)]
    late = sign_in(shared_server, alice.email)
    listed = late[0].get("/api/sessions/").json()["results"]
    assert len(listed) == len(alive) + 1
    token = {"Authorization": f"Bearer {late[1]['access']}"}
    assert httpx.post(f"{shared_server.url}/api/logout/all/", headers=token, timeout=60).status_code == 204
    assert not any(map(works, [*alive, late]))


def test_one_login_that_is_ended_in_every_way_at_once_while_it_is_used(shared_server, at_once):
    alice = shared_server.register("alice")
    browser, tokens = sign_in(shared_server, alice.email)
    cookie = {"sessionid": browser.cookies["sessionid"]}
    number = next(row["id"] for row in browser.get("/api/sessions/").json()["results"] if row["current"])
    ways = [
        lambda: alice.delete(f"/api/sessions/{number}/"),
        lambda: httpx.post(f"{shared_server.url}/api/logout/", json={"refresh": tokens["refresh"]}, timeout=60),
        lambda: httpx.post(f"{shared_server.url}/api/refresh/", json={"refresh": tokens["refresh"]}, timeout=60),
        *[lambda: httpx.get(f"{shared_server.url}/api/plans/", cookies=cookie, timeout=60)] * 5,
    ]
    random.shuffle(ways)
    statuses = [answer.status_code for answer in at_once(lambda n: ways[n](), len(ways))]
    assert not [status for status in statuses if status >= 500 or status == 400]
    replayed = httpx.get(f"{shared_server.url}/api/profile/", cookies=cookie, timeout=60)
    assert replayed.status_code == 401
    assert not works((browser, tokens))
    assert alice.get("/api/profile/").status_code == 200
