"""Guessing for hours and from many places, with the limits as they ship, and how the owner gets in meanwhile."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from albumen.web.settings import RATES
from tests.conftest import PASSWORD
from tests.http.problems import refused
from tests.mails import deliver

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
PLACES = [f"192.0.2.{n}" for n in range(50)]
NEW = "198.51.100.9"


@pytest.fixture(autouse=True)
def clock(settings):
    with time_machine.travel(NOON, tick=False) as traveller:
        settings.RATES = RATES
        yield traveller


def sign_in(email, password=PASSWORD, client=None, **extra):
    body = {"email": email, "password": password} | ({"code": extra.pop("code")} if "code" in extra else {})
    return (client or APIClient()).post("/api/login/", body, **extra)


def guess_for_an_hour(clock, email="alice@example.com"):
    """Make 1,000 guesses from 50 places in one hour; return how many were looked at."""
    looked_at = 0
    for n in range(1000):
        looked_at += sign_in(email, f"guess {n}", REMOTE_ADDR=PLACES[n % 50]).status_code == 401
        clock.shift(timedelta(seconds=3.5))
    return looked_at


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_of_1000_guesses_from_50_places_in_an_hour_30_are_looked_at(alice, clock, email):
    assert guess_for_an_hour(clock, email) == 30


@pytest.fixture
def attacked(alice, clock):
    """Alice, while others have used up every attempt of this hour."""
    for n in range(60):
        sign_in(alice.email, "a guess", REMOTE_ADDR=PLACES[n % 50])
        clock.shift(timedelta(seconds=30))
    refused(sign_in(alice.email, REMOTE_ADDR=NEW), 429, "rate_limited")
    return alice


def test_she_gets_in_where_she_was_before(attacked):
    assert sign_in(attacked.email, REMOTE_ADDR="127.0.0.1").status_code == 200


def test_she_gets_in_with_a_browser_that_she_has_used_before_wherever_it_is(alice, clock):
    browser = APIClient()
    assert sign_in(alice.email, client=browser).status_code == 200
    cookie = browser.cookies["albumen_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    for n in range(40):
        sign_in(alice.email, "a guess", REMOTE_ADDR=PLACES[n])
        clock.shift(timedelta(seconds=15))
    refused(sign_in(alice.email, REMOTE_ADDR=NEW), 429, "rate_limited")
    assert sign_in(alice.email, client=browser, REMOTE_ADDR=NEW).status_code == 200


def test_a_stolen_device_cookie_gives_five_attempts_a_minute_more_and_only_on_her_account(alice, bob):
    browser = APIClient()
    sign_in(alice.email, client=browser)
    for n in range(5):
        refused(sign_in(alice.email, "a guess", browser, REMOTE_ADDR=PLACES[n]), 401, "invalid_credentials")
    refused(sign_in(alice.email, "a guess", browser, REMOTE_ADDR=PLACES[6]), 429, "rate_limited")
    for n in range(5):
        sign_in(bob.email, "a guess", REMOTE_ADDR=PLACES[n])
    refused(sign_in(bob.email, client=browser, REMOTE_ADDR=NEW), 429, "rate_limited")


def test_device_cookies_that_somebody_collected_give_no_attempts_at_the_next_password(alice):
    thieves = [APIClient() for _ in range(3)]
    for thief in thieves:
        sign_in(alice.email, client=thief)
    browser = APIClient()
    access = sign_in(alice.email, client=browser).data["access"]
    body = {"current_password": PASSWORD, "new_password": "another long sentence"}
    assert browser.post("/api/profile/password/", body, HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 204
    guesses = [sign_in(alice.email, f"guess {n}", thieves[n % 3], REMOTE_ADDR=PLACES[n]).status_code for n in range(6)]
    assert guesses == [401] * 5 + [429]
    # The browser in which she has changed it stays known.
    assert sign_in(alice.email, "another long sentence", browser, REMOTE_ADDR=NEW).status_code == 200


@pytest.mark.parametrize("forged", ["", "1:x", "1:abc:def:ghi", "é", "x" * 3000])
def test_a_forged_device_cookie_is_none(attacked, forged):
    browser = APIClient()
    browser.cookies["albumen_device"] = forged
    refused(sign_in(attacked.email, client=browser, REMOTE_ADDR=NEW), 429, "rate_limited")


def code_for(email):
    """Ask for a code, and return the one in the newest mail."""
    assert APIClient().post("/api/login/code/", {"email": email}).status_code == 202
    return re.search(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", deliver()[-1].body)[0]


def test_she_gets_in_from_a_new_place_with_the_code_of_a_mail(attacked, clock):
    code = code_for(attacked.email)
    refused(sign_in(attacked.email, "a guess", code=code, REMOTE_ADDR=NEW), 401, "invalid_credentials")
    assert sign_in(attacked.email, code=f" {code.lower()} ", REMOTE_ADDR=NEW).status_code == 200
    # From now on she was there before.
    assert sign_in(attacked.email, REMOTE_ADDR=NEW).status_code == 200
    clock.shift(timedelta(hours=2, minutes=1))
    for n in range(5):
        sign_in(attacked.email, "a guess", REMOTE_ADDR=PLACES[n])
    refused(sign_in(attacked.email, code=code, REMOTE_ADDR="198.51.100.10"), 429, "rate_limited")


@pytest.mark.parametrize("path", ["/accounts/login/", "/api-auth/login/"])
def test_the_other_ways_in_take_the_code_too(attacked, path):
    form = {"username": attacked.email, "password": PASSWORD}
    refused(Client().post(path, form, REMOTE_ADDR=NEW), 429, "rate_limited")
    answer = Client().post(path, form | {"code": code_for(attacked.email)}, REMOTE_ADDR=NEW)
    assert answer.status_code in (200, 302)


def test_the_panel_takes_it_too_and_both_forms_lead_to_the_page_that_asks_for_it(dana):
    for n in range(5):
        sign_in(dana.email, "a guess", REMOTE_ADDR=PLACES[n])
    form = {"username": dana.email, "password": PASSWORD}
    late = Client().post("/admin/login/", form, REMOTE_ADDR=NEW).content.decode()
    assert "or with a code from a mail" in late
    for page in (late, Client().get("/api-auth/login/").content.decode()):
        assert 'href="/sign-in-code/"' in page
        assert 'name="code"' in page
    assert Client().get("/sign-in-code/").status_code == 200
    assert Client().post("/admin/login/", form | {"code": code_for(dana.email)}, REMOTE_ADDR=NEW).status_code == 302


def test_a_code_alone_or_of_somebody_else_opens_nothing(attacked, bob):
    code = code_for(bob.email)
    refused(sign_in(attacked.email, code=code, REMOTE_ADDR=NEW), 429, "rate_limited")
    for n in range(5):
        refused(sign_in(bob.email, f"guess {n}", code=code, REMOTE_ADDR=PLACES[n]), 401, "invalid_credentials")
    refused(sign_in(bob.email, "a guess", code=code, REMOTE_ADDR=NEW), 429, "rate_limited")


def test_a_wrong_code_is_as_none_and_tells_nothing(alice):
    for email in (alice.email, "nobody@example.com"):
        for n in range(5):
            answer = sign_in(email, "a guess", code="AAAA-BBBB-CCCC-DDDD", REMOTE_ADDR=PLACES[n])
            refused(answer, 401, "invalid_credentials")
        refused(sign_in(email, code="x", REMOTE_ADDR=NEW), 429, "rate_limited")


def test_asking_for_codes_tells_nothing_and_is_limited(alice):
    for email in (alice.email, "nobody@example.com"):
        answers = [APIClient().post("/api/login/code/", {"email": email}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert [letter.to for letter in deliver()] == [[alice.email]] * 5


def test_she_gets_in_from_a_new_place_when_nobody_guessed_for_some_minutes(alice, clock):
    for n in range(5):
        sign_in(alice.email, "a guess", REMOTE_ADDR=PLACES[n])
    refused(sign_in(alice.email, REMOTE_ADDR=NEW), 429, "rate_limited")
    clock.shift(timedelta(minutes=1, seconds=1))
    assert sign_in(alice.email, REMOTE_ADDR=NEW).status_code == 200


def test_a_stolen_token_confirms_five_passwords_a_minute_from_all_places_together(alice, clock):
    body = {"current_password": "a guess", "new_password": "another long sentence"}
    for n in range(5):
        refused(alice.post("/api/profile/password/", body, REMOTE_ADDR=PLACES[n]), 400, "invalid_password")
    refused(alice.post("/api/profile/password/", body, REMOTE_ADDR=PLACES[6]), 429, "rate_limited")
    body["current_password"] = PASSWORD
    assert alice.post("/api/profile/password/", body).status_code == 204


def test_neighbours_at_her_address_cannot_use_up_the_attempts_of_her_browser(alice, clock):
    browser = APIClient()
    sign_in(alice.email, client=browser)
    for n in range(60):
        sign_in(f"user{n}@example.com", "a guess")
    refused(sign_in(alice.email), 429, "rate_limited")
    assert sign_in(alice.email, client=browser).status_code == 200
