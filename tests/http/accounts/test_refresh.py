"""Refreshing (requirement A1.6): each refresh token once, with a grace for retried requests."""

from datetime import timedelta

import httpx
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from tests.http.problems import refused


def refresh(token):
    return APIClient().post("/api/refresh/", {"refresh": token})


def profile_with(token):
    return APIClient().get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_refresh_gives_two_new_tokens(alice):
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        answer = refresh(alice.refresh)
        assert answer.status_code == 200
        assert set(answer.json()) == {"access", "refresh"}
        assert answer.json()["refresh"] != alice.refresh
        assert answer.json()["access"] != alice.access
        assert profile_with(answer.json()["access"]).status_code == 200


def test_a_chain_of_refreshes_goes_on(alice):
    token = alice.refresh
    for day in range(1, 100, 20):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            answer = refresh(token)
            assert answer.status_code == 200
            token = answer.json()["refresh"]


def test_a_repeat_within_ten_seconds_gets_the_very_same_answer(alice):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        first = refresh(alice.refresh)
    with time_machine.travel(now + timedelta(seconds=9), tick=False):
        again = refresh(alice.refresh)
        assert (again.status_code, again.content) == (200, first.content)
        assert refresh(again.json()["refresh"]).status_code == 200


def test_a_later_repeat_ends_the_login_for_both(alice):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        newest = refresh(alice.refresh).json()
    with time_machine.travel(now + timedelta(seconds=12), tick=False):
        refused(refresh(alice.refresh), 401, "token_reused")
        refused(profile_with(newest["access"]), 401, "session_ended")
        refused(profile_with(alice.access), 401, "session_ended")
        refused(refresh(newest["refresh"]), 401, "session_ended")


def test_a_reuse_leaves_the_other_logins_alone(alice):
    stolen = alice.refresh
    alice.sign_in()
    refresh(stolen)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        refused(refresh(stolen), 401, "token_reused")
        assert alice.get("/api/profile/").status_code == 200


def test_a_refresh_after_the_password_was_changed_is_refused(alice):
    phone = alice.refresh
    alice.sign_in()
    change = {"current_password": PASSWORD, "new_password": "another fine sentence"}
    assert alice.post("/api/profile/password/", change).status_code == 204
    refused(refresh(phone), 401, "session_ended")
    assert refresh(alice.refresh).status_code == 200


def test_of_thirty_refreshes_at_once_all_get_one_answer_and_the_login_lives(shared_server, at_once):
    alice = shared_server.register("alice")
    login = alice.post("/api/login/", json={"email": alice.email, "password": PASSWORD}).json()

    def send(token: str) -> httpx.Response:
        return httpx.post(f"{shared_server.url}/api/refresh/", json={"refresh": token}, timeout=60)

    answers = at_once(lambda _: send(login["refresh"]), 30)
    assert [answer.status_code for answer in answers] == [200] * 30
    assert len({answer.content for answer in answers}) == 1
    successor = answers[0].json()
    headers = {"Authorization": f"Bearer {successor['access']}"}
    assert httpx.get(f"{shared_server.url}/api/profile/", headers=headers).status_code == 200
    assert send(successor["refresh"]).status_code == 200
