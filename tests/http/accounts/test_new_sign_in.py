"""The mail about a sign-in from a client or a place that is new, and the link in it that ends that login."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import User
from tests.conftest import PASSWORD, Person
from tests.http.problems import refused
from tests.mails import deliver

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
NEW = "192.0.2.7"


@pytest.fixture
def vera(db):
    """Somebody who has registered and signed in by requests, with Firefox."""
    someone = Person("vera@example.com", APIClient(HTTP_USER_AGENT=FIREFOX))
    body = {"email": someone.email, "password": PASSWORD}
    assert APIClient().post("/api/register/", body).status_code == 201
    assert sign_in(someone).status_code == 200
    return someone


def sign_in(someone, user_agent=FIREFOX, client=None, **extra):
    body = {"email": someone.email, "password": PASSWORD}
    return (client or APIClient()).post("/api/login/", body, HTTP_USER_AGENT=user_agent, **extra)


def news():
    return [letter for letter in deliver() if letter.subject == "A new sign-in to your account"]


def test_the_first_login_and_later_ones_from_there_bring_none(vera):
    sign_in(vera)
    sign_in(vera, FIREFOX.replace("140", "141"))
    assert news() == []


@pytest.mark.parametrize(
    ("user_agent", "address", "client"),
    [(FIREFOX, NEW, "Firefox on Windows"), (CHROME, "127.0.0.1", "Chrome on Android")],
)
def test_a_new_place_or_client_brings_one(vera, user_agent, address, client):
    sign_in(vera, user_agent, REMOTE_ADDR=address)
    [letter] = news()
    assert letter.to == [vera.email]
    assert all(word in letter.body for word in (client, address, "UTC", "set a new password"))
    sign_in(vera, user_agent, REMOTE_ADDR=address)
    assert len(news()) == 1


@pytest.mark.parametrize("path", ["/accounts/login/", "/api-auth/login/"])
def test_a_login_by_cookie_brings_one_too(vera, path):
    form = {"username": vera.email, "password": PASSWORD}
    Client().post(path, form, HTTP_USER_AGENT="curl/8.0", REMOTE_ADDR=NEW)
    [letter] = news()
    assert "curl" in letter.body
    assert "8.0" not in letter.body


def test_a_browser_that_was_used_before_may_move(vera):
    browser = APIClient()
    sign_in(vera, client=browser)
    sign_in(vera, client=browser, REMOTE_ADDR=NEW)
    assert news() == []


def test_one_client_brings_one_a_day_from_however_many_places(vera):
    for n in range(5):
        sign_in(vera, REMOTE_ADDR=f"192.0.2.{n}")
    assert len(news()) == 1
    sign_in(vera, CHROME, REMOTE_ADDR="192.0.2.9")
    assert len(news()) == 2
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        sign_in(vera, REMOTE_ADDR="192.0.2.10")
        assert len(news()) == 3


def test_a_wrong_password_brings_none(vera):
    for password in ("a guess", ""):
        APIClient().post("/api/login/", {"email": vera.email, "password": password}, REMOTE_ADDR=NEW)
    assert news() == []


def test_it_is_sent_also_when_the_login_has_ended_meanwhile(vera):
    pair = sign_in(vera, REMOTE_ADDR=NEW).json()
    APIClient().post("/api/logout/", {"refresh": pair["refresh"]})
    assert len(news()) == 1


def test_what_a_stranger_writes_as_the_client_s_name_stays_out(vera):
    sign_in(vera, "https://evil.example/ Your account is locked", REMOTE_ADDR=NEW)
    [letter] = news()
    assert "evil" not in letter.body
    assert "locked" not in letter.alternatives[0].content


def test_it_is_in_the_person_s_language(vera):
    User.objects.filter(email=vera.email).update(language="ru")
    sign_in(vera, REMOTE_ADDR=NEW)
    assert "Новый вход в вашу учётную запись" in [letter.subject for letter in deliver()]


@pytest.fixture
def stolen(vera):
    """A login that was not hers, and the token of the mail about it."""
    pair = sign_in(vera, REMOTE_ADDR=NEW).json()
    thief = APIClient()
    thief.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    [letter] = news()
    return thief, re.search(r"/end-login/#token=(\S+)", letter.body)[1]


def test_its_link_ends_that_login_and_brings_the_mail_to_set_a_password(vera, stolen):
    thief, token = stolen
    assert thief.get("/api/profile/").status_code == 200
    assert APIClient().post("/api/sessions/end/", {"token": token}).status_code == 204
    refused(thief.get("/api/profile/"), 401, "session_ended")
    assert deliver()[-1].subject == "Set a new password"
    page = APIClient().get("/end-login/")
    assert page.status_code == 200
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_the_link_works_for_a_week_and_no_other_token_does(stolen):
    _, token = stolen
    for other in ("x", token[:-1], token.partition(":")[0]):
        refused(APIClient().post("/api/sessions/end/", {"token": other}), 400, "invalid_token", "/token")
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        refused(APIClient().post("/api/sessions/end/", {"token": token}), 400, "invalid_token", "/token")


def test_who_invents_clients_brings_ten_a_day(vera):
    for n in range(12):
        sign_in(vera, f"client-{n}/1.0", REMOTE_ADDR=NEW)
    assert len(news()) == 10
