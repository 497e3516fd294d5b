"""What is private, and every token, is stored by no browser and no proxy; pictures are cached as they say."""

import pytest
from django.test import Client

from tests.conftest import PASSWORD


@pytest.mark.parametrize(
    "path",
    [
        "/api/profile/",
        "/api/pictures/",
        "/api/sessions/",
        "/api/users/",
        "/api/plans/",
        "/users/me/",
        "/api/albums/0/",
    ],
)
def test_what_somebody_who_is_signed_in_reads_is_not_stored(alice, path):
    browser = Client()
    assert browser.post("/api-auth/login/", {"username": alice.email, "password": PASSWORD}).status_code == 302
    for answer in (alice.get(path), browser.get(path), alice.head(path), alice.get(path, HTTP_ACCEPT="text/html")):
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/login/", "/accounts/login/", "/api-auth/login/"])
@pytest.mark.parametrize("password", [PASSWORD, "a guess"])
def test_no_answer_to_a_sign_in_is_stored(alice, anonymous, path, password):
    answer = anonymous.post(
        path, {"email": alice.email, "username": alice.email, "password": password}, format="multipart"
    )
    assert "no-store" in answer.headers["Cache-Control"]


def test_no_answer_with_tokens_or_about_a_new_account_is_stored(alice, anonymous):
    answers = [
        anonymous.post("/api/refresh/", {"refresh": alice.refresh}),
        anonymous.post("/api/register/", {"email": "erin@example.com", "password": PASSWORD}),
        anonymous.post("/api/logout/", {"refresh": alice.refresh}),
        anonymous.post("/api/password/reset/", {"email": alice.email}),
    ]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 4


def test_pictures_may_be_kept_by_the_browser_that_shows_them(alice, anonymous):
    thumbnail = alice.upload().json()["thumbnails"][0]["url"]
    for answer in (alice.get(thumbnail), anonymous.get(thumbnail)):
        assert answer.headers["Cache-Control"] == "private, max-age=3600"


@pytest.mark.parametrize("path", ["/", "/api/", "/docs/errors/", "/api/schema/", "/static/web/site.css"])
def test_public_pages_are_as_before_for_strangers(anonymous, path):
    assert "no-store" not in anonymous.get(path).headers.get("Cache-Control", "")
