"""No page of another site signs somebody's browser in: it could make them use an account that it knows."""

import pytest
from django.test import Client

from tests.conftest import PASSWORD

HOST = {"HTTP_HOST": "localhost"}
FOREIGN = [
    {"HTTP_ORIGIN": "https://evil.example"},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_ORIGIN": ""},
    {"HTTP_ORIGIN": "http://localhost.evil.example"},
    {"HTTP_ORIGIN": "https://localhost"},
    {"HTTP_ORIGIN": "http://localhost:8001"},
    {"HTTP_ORIGIN": "http://evil.example/http://localhost"},
    {"HTTP_ORIGIN": "https://app.example"},
    {"HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_SEC_FETCH_SITE": "same-site"},
    {"HTTP_REFERER": "https://evil.example/page"},
    {"HTTP_REFERER": "https://evil.example/http://localhost/"},
    {"HTTP_REFERER": "http://localhost@evil.example/"},
    {"HTTP_REFERER": "[http://"},
]
OWN = [
    {},
    {"HTTP_ORIGIN": "http://localhost"},
    {"HTTP_ORIGIN": "https://trusted.example"},
    {"HTTP_ORIGIN": "https://photos.trusted.example"},
    {"HTTP_ORIGIN": "http://localhost", "HTTP_SEC_FETCH_SITE": "same-origin"},
    {"HTTP_REFERER": "http://localhost/somewhere?else"},
    {"HTTP_SEC_FETCH_SITE": "none"},
]


@pytest.fixture(autouse=True)
def origins(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example", "https://*.trusted.example"]
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]


@pytest.mark.parametrize("media_type", ["application/json", None])
@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_gets_tokens_and_no_cookie(alice, headers, media_type):
    browser = Client(enforce_csrf_checks=True, **HOST, **headers)
    body = {"email": alice.email, "password": PASSWORD}
    kind = {"content_type": media_type} if media_type else {}
    for path in ("/accounts/login/", "/api/login/"):
        answer = browser.post(path, body, **kind)
        assert answer.status_code == 200
        assert set(answer.json()) == {"access", "refresh", "user"}
        assert not answer.cookies


def test_another_site_neither_replaces_nor_ends_a_cookie_that_is_there(alice, bob):
    browser = Client(**HOST)
    browser.post("/accounts/login/", {"email": alice.email, "password": PASSWORD})
    attack = {"email": bob.email, "password": PASSWORD}
    assert not browser.post("/accounts/login/", attack, HTTP_ORIGIN="https://evil.example").cookies
    assert browser.get("/api/profile/").json()["email"] == alice.email


@pytest.mark.parametrize("headers", OWN)
def test_its_own_pages_trusted_ones_and_other_clients_get_one(alice, headers):
    browser = Client(enforce_csrf_checks=True, **HOST)
    browser.post("/accounts/login/", {"email": alice.email, "password": PASSWORD}, **headers)
    assert browser.get("/api/profile/").json()["email"] == alice.email


@pytest.mark.parametrize("path", ["/api-auth/login/", "/admin/login/"])
@pytest.mark.parametrize("headers", [{"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_ORIGIN": "null"}, {}])
def test_the_forms_need_their_csrf_token_and_their_own_origin(dana, path, headers):
    browser = Client(enforce_csrf_checks=True, **HOST)
    browser.get(path)
    form = {"username": dana.email, "password": PASSWORD}
    if headers:
        form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"].value
    answer = browser.post(path, form, **headers)
    assert answer.status_code == 403
    assert "sessionid" not in answer.cookies
