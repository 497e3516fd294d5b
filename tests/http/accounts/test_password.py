"""Changing one's password."""

from django.test import Client
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from tests.http.problems import refused

NEW = "another fine sentence"
CHANGE = {"current_password": PASSWORD, "new_password": NEW}


def test_the_new_password_works_and_the_old_one_does_not(alice):
    assert alice.post("/api/profile/password/", CHANGE).status_code == 204
    refused(alice.sign_in(), 401, "invalid_credentials")
    alice.password = NEW
    assert alice.sign_in().status_code == 200


def test_every_other_login_is_over_and_this_one_lives(alice):
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {alice.access}")
    alice.sign_in()
    assert alice.post("/api/profile/password/", CHANGE).status_code == 204
    refused(phone.get("/api/profile/"), 401, "session_ended")
    assert alice.get("/api/profile/").status_code == 200
    assert alice.post("/api/refresh/", {"refresh": alice.refresh}).status_code == 200


def test_a_change_by_cookie_keeps_that_cookie_and_ends_the_rest(alice):
    here, there = Client(), Client()
    for browser in (here, there):
        browser.post("/api-auth/login/", {"username": alice.email, "password": PASSWORD})
    assert here.post("/api/profile/password/", CHANGE, content_type="application/json").status_code == 204
    assert here.get("/api/profile/").status_code == 200
    refused(there.get("/api/profile/"), 401, "not_authenticated")
    refused(alice.get("/api/profile/"), 401, "session_ended")


def test_the_present_password_is_needed(alice):
    body = {"current_password": "a guess", "new_password": NEW}
    refused(alice.post("/api/profile/password/", body), 400, "invalid_password", "/current_password")
    refused(alice.post("/api/profile/password/", {"new_password": NEW}), 400, "required", "/current_password")
    assert alice.sign_in().status_code == 200


def test_a_weak_new_password_is_refused(alice):
    for password, code in [("short", "password_too_short"), ("alice@example.com", "password_too_similar")]:
        body = CHANGE | {"new_password": password}
        refused(alice.post("/api/profile/password/", body), 400, code, "/new_password")
    assert alice.sign_in().status_code == 200


def test_a_stolen_token_does_not_allow_guessing(alice, rate):
    rate(login="3/min")
    body = {"current_password": "a guess", "new_password": NEW}
    for _ in range(3):
        refused(alice.post("/api/profile/password/", body), 400, "invalid_password")
    refused(alice.post("/api/profile/password/", CHANGE), 429, "rate_limited")
    refused(alice.delete("/api/profile/", {"password": "a guess"}), 429, "rate_limited")
    refused(alice.patch("/api/profile/", {"email": "x@example.com", "password": "a guess"}), 429, "rate_limited")


def test_nobody_changes_a_password(anonymous):
    refused(anonymous.post("/api/profile/password/", CHANGE), 401, "not_authenticated")
