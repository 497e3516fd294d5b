"""/accounts/... as clients of django-rest-registration use it: with a session cookie and CSRF, or with the token."""

import pytest
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from tests.http.problems import refused

NEW = "another fine sentence"
CHANGE = {"old_password": PASSWORD, "password": NEW, "password_confirm": NEW}


@pytest.fixture
def browser(alice):
    """Somebody's browser after /accounts/login/: it has the cookies, and sends the CSRF token back."""
    client = APIClient(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert answer.status_code == 200
    client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["csrftoken"].value
    client.access = answer.json()["access"]
    return client


def works(access):
    return APIClient().get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200


def test_one_registers_with_a_username_and_the_password_twice(anonymous):
    body = {"username": "eve@example.com", "password": PASSWORD, "password_confirm": PASSWORD, "first_name": "Eve"}
    answer = anonymous.post("/accounts/register/", body)
    assert (answer.status_code, answer.json()["email"], answer.json()["first_name"]) == (201, "eve@example.com", "Eve")
    assert "password" not in answer.json()
    refused(anonymous.post("/accounts/register/", body), 400, "unique", "/email")


@pytest.mark.parametrize("end", ["", "/"])
def test_the_profile_is_read_and_changed(browser, alice, end):
    assert browser.get(f"/accounts/profile{end}").json() == alice.get("/api/profile/").json()
    answer = browser.patch(f"/accounts/profile{end}", {"first_name": "Alicia", "username": "x", "nick": "y"})
    assert (answer.status_code, answer.json()["first_name"]) == (200, "Alicia")
    assert browser.put(f"/accounts/profile{end}", {"last_name": "Liddell"}).json()["name"] == "Alicia Liddell"
    refused(browser.patch(f"/accounts/profile{end}", {"email": "x@example.com"}), 400, "required", "/password")
    refused(browser.delete(f"/accounts/profile{end}"), 405, "method_not_allowed")


def test_a_cookie_needs_its_csrf_token(browser, alice):
    del browser.defaults["HTTP_X_CSRFTOKEN"]
    for call in (browser.patch, browser.put):
        refused(call("/accounts/profile/", {"first_name": "X"}), 403, "csrf_failed")
    refused(browser.post("/accounts/change-password/", CHANGE), 403, "csrf_failed")
    refused(browser.post("/accounts/logout/"), 403, "csrf_failed")
    assert alice.sign_in().status_code == 200


def test_signing_out_by_cookie_ends_the_cookie(browser, alice):
    answer = browser.post("/accounts/logout/")
    assert (answer.status_code, answer.json()) == (200, {"detail": "Logout successful"})
    refused(browser.get("/accounts/profile/"), 401, "not_authenticated")
    refused(browser.post("/accounts/logout/"), 401, "not_authenticated")
    # The cookie and the tokens of /accounts/login/ are one login.
    assert not works(browser.access)
    assert works(alice.access)


def test_with_revoke_token_every_token_is_over(browser, alice):
    assert browser.post("/accounts/logout/", {"revoke_token": True}).status_code == 200
    assert not works(browser.access)
    assert not works(alice.access)
    refused(browser.get("/accounts/profile/"), 401, "not_authenticated")


def test_signing_out_by_token_ends_that_login_and_no_other(browser, alice):
    assert alice.post("/accounts/logout/", {}).json() == {"detail": "Logout successful"}
    refused(alice.get("/accounts/profile/"), 401, "session_ended")
    assert works(browser.access)


def test_with_the_refresh_token_it_is_as_under_api(alice, anonymous):
    assert anonymous.post("/accounts/logout/", {"refresh": alice.refresh}).status_code == 204
    assert not works(alice.access)
    refused(anonymous.post("/accounts/logout/", {"refresh": "x"}), 401, "token_invalid")
    refused(anonymous.post("/accounts/logout/", {}), 401, "not_authenticated")


def test_the_password_is_changed_and_this_login_lives(browser, alice):
    answer = browser.post("/accounts/change-password/", CHANGE)
    assert (answer.status_code, answer.json()) == (200, {"detail": "Password changed successfully"})
    assert browser.get("/accounts/profile/").status_code == 200
    assert not works(alice.access)
    alice.password = NEW
    assert alice.sign_in().status_code == 200


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"old_password": "wrong"}, "invalid_password", "/old_password"),
        ({"old_password": None}, "null", "/old_password"),
        ({"password": "12345", "password_confirm": "12345"}, "password_too_short", "/password"),
        ({"password": ""}, "blank", "/password"),
        ({"password_confirm": "another"}, "password_mismatch", "/password_confirm"),
    ],
)
def test_a_bad_change_of_the_password_names_the_clients_own_field(alice, change, code, pointer):
    refused(alice.post("/accounts/change-password/", CHANGE | change), 400, code, pointer)
    assert alice.sign_in().status_code == 200


@pytest.mark.parametrize("field", ["old_password", "password"])
def test_what_is_needed_is_named(alice, field):
    body = {name: value for name, value in CHANGE.items() if name != field}
    refused(alice.post("/accounts/change-password/", body), 400, "required", f"/{field}")
