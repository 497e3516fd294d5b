"""Signing out."""

from rest_framework.test import APIClient

from tests.http.problems import refused


def test_a_logout_ends_its_access_token_too(alice):
    assert alice.post("/api/logout/", {"refresh": alice.refresh}).status_code == 204
    refused(alice.get("/api/profile/"), 401, "session_ended")
    refused(alice.post("/api/refresh/", {"refresh": alice.refresh}), 401, "session_ended")


def test_a_logout_leaves_other_logins_alone(alice):
    phone = alice.refresh
    alice.sign_in()
    assert APIClient().post("/api/logout/", {"refresh": phone}).status_code == 204
    assert alice.get("/api/profile/").status_code == 200


def test_signing_out_twice_is_no_error(alice):
    for _ in range(2):
        assert alice.post("/api/logout/", {"refresh": alice.refresh}).status_code == 204


def test_a_logout_needs_the_refresh_token(alice):
    refused(alice.post("/api/logout/", {}), 400, "required", "/refresh")
    refused(alice.post("/api/logout/", {"refresh": "x"}), 401, "token_invalid")
    assert alice.get("/api/profile/").status_code == 200


def test_signing_out_everywhere_ends_every_login_of_hers_and_nobody_elses(alice, bob):
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {alice.access}")
    alice.sign_in()
    assert alice.post("/api/logout/all/").status_code == 204
    refused(phone.get("/api/profile/"), 401, "session_ended")
    refused(alice.get("/api/profile/"), 401, "session_ended")
    assert bob.get("/api/profile/").status_code == 200
    assert alice.sign_in().status_code == 200


def test_signing_out_everywhere_ends_cookies(alice):
    from django.test import Client

    browser = Client()
    form = {"username": alice.email, "password": alice.password}
    assert browser.post("/api-auth/login/", form).status_code == 302
    assert browser.get("/api/profile/").status_code == 200
    assert alice.post("/api/logout/all/").status_code == 204
    refused(browser.get("/api/profile/"), 401, "not_authenticated")


def test_nobody_signs_out_everywhere(anonymous):
    refused(anonymous.post("/api/logout/all/"), 401, "not_authenticated")
