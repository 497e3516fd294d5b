"""One's logins: listing and ending them."""

from datetime import timedelta

import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from tests.http.problems import refused


def test_alice_sees_where_she_is_signed_in(alice):
    alice.sign_in(HTTP_USER_AGENT="Firefox on the phone " + "x" * 400)
    newest, oldest = alice.get("/api/sessions/").json()["results"]
    assert set(newest) == {"id", "created_at", "last_used_at", "user_agent", "address", "current"}
    assert (newest["current"], oldest["current"]) == (True, False)
    assert newest["user_agent"].startswith("Firefox on the phone")
    assert newest["address"] == "127.0.0.1"


def test_she_ends_one_of_them(alice):
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {alice.access}")
    alice.sign_in()
    other = next(row for row in alice.get("/api/sessions/").json()["results"] if not row["current"])
    assert alice.delete(f"/api/sessions/{other['id']}/").status_code == 204
    refused(phone.get("/api/profile/"), 401, "session_ended")
    assert [row["current"] for row in alice.get("/api/sessions/").json()["results"]] == [True]
    refused(alice.delete(f"/api/sessions/{other['id']}/"), 404, "not_found")


def test_others_cannot_see_or_end_it(alice, bob, dana):
    hers = alice.get("/api/sessions/").json()["results"][0]["id"]
    for someone in (bob, dana):
        assert hers not in [row["id"] for row in someone.get("/api/sessions/").json()["results"]]
        refused(someone.delete(f"/api/sessions/{hers}/"), 404, "not_found")
    refused(APIClient().delete(f"/api/sessions/{hers}/"), 401, "not_authenticated")
    assert alice.get("/api/profile/").status_code == 200


def test_logins_that_ended_are_not_listed(alice):
    alice.sign_in()
    alice.post("/api/logout/", {"refresh": alice.refresh})
    alice.sign_in()
    assert len(alice.get("/api/sessions/").json()["results"]) == 2
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        alice.sign_in()
        assert len(alice.get("/api/sessions/").json()["results"]) == 1


def test_pages_of_logins_lose_none(alice):
    for _ in range(4):
        alice.sign_in()
    seen, url = [], "/api/sessions/?page_size=2&ordering=created_at"
    while url:
        page = alice.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 5


def test_the_last_use_is_kept_to_five_minutes(alice):
    before = alice.get("/api/sessions/").json()["results"][0]["last_used_at"]
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        alice.get("/api/profile/")
        assert alice.get("/api/sessions/").json()["results"][0]["last_used_at"] > before
