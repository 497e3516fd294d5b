"""The session cookie of the browsable API (requirement C1) and the admin panel, with CSRF."""

import pytest
from django.test import Client

from tests import pictures
from tests.http.problems import refused


@pytest.fixture
def browser(alice):
    """A browser where Alice signed in by the form."""
    client = Client(enforce_csrf_checks=True)
    page = client.get("/api-auth/login/")
    assert page.status_code == 200
    form = {"username": "ALICE@example.com", "password": alice.password}
    assert client.post("/api-auth/login/", form).status_code == 403
    form["csrfmiddlewaretoken"] = client.cookies["csrftoken"].value
    assert client.post("/api-auth/login/", form).status_code == 302
    return client


def csrf(browser):
    return {"HTTP_X_CSRFTOKEN": browser.cookies["csrftoken"].value}


def test_reading_needs_no_csrf_token(browser, alice):
    assert browser.get("/api/profile/").json()["email"] == alice.email


def test_writing_needs_one(browser):
    for method in ("put", "patch", "delete"):
        answer = getattr(browser, method)("/api/profile/", {}, content_type="application/json")
        refused(answer, 403, "csrf_failed")
    refused(browser.post("/api/logout/all/"), 403, "csrf_failed")
    refused(browser.patch("/api/profile/", {}, "application/json", HTTP_X_CSRFTOKEN="x" * 32), 403, "csrf_failed")


def test_with_one_she_writes(browser):
    answer = browser.patch("/api/profile/", {"first_name": "Al"}, "application/json", **csrf(browser))
    assert (answer.status_code, answer.json()["first_name"]) == (200, "Al")


def test_with_one_she_uploads_an_avatar_and_a_picture(browser):
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    body = encode_multipart(BOUNDARY, {"avatar": pictures.as_file(pictures.jpeg())})
    refused(browser.put("/api/profile/avatar/", body, MULTIPART_CONTENT), 403, "csrf_failed")
    assert browser.put("/api/profile/avatar/", body, MULTIPART_CONTENT, **csrf(browser)).status_code == 200
    assert browser.get("/api/profile/avatar/").status_code == 200
    picture = {"image": pictures.as_file(pictures.jpeg())}
    assert browser.post("/api/pictures/", picture, **csrf(browser)).status_code == 201
    field = {"csrfmiddlewaretoken": csrf(browser)["HTTP_X_CSRFTOKEN"]}
    picture = {"image": pictures.as_file(pictures.jpeg(seed=2))}
    assert browser.post("/api/pictures/", picture | field).status_code == 201


def test_a_token_goes_before_a_cookie(browser, bob):
    answer = browser.get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {bob.access}")
    assert answer.json()["email"] == bob.email
    refused(browser.get("/api/profile/", HTTP_AUTHORIZATION="Bearer x"), 401, "token_invalid")


def test_a_wrong_password_shows_the_form_again(alice):
    client = Client()
    answer = client.post("/api-auth/login/", {"username": alice.email, "password": "a guess"})
    assert answer.status_code == 200
    refused(client.get("/api/profile/"), 401, "not_authenticated")


def test_only_administrators_enter_the_panel(alice, dana):
    for person, status in ((alice, 200), (dana, 302)):
        client = Client()
        form = {"username": person.email, "password": person.password}
        assert client.post("/admin/login/?next=/admin/", form).status_code == status
        assert client.get("/admin/").status_code == (200 if person is dana else 302)
