"""Proving an address by the link in a mail."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import User
from tests.conftest import Person
from tests.http.problems import refused
from tests.mails import deliver


def token_in(letter):
    return re.search(r"/email-verify/#token=(\S+)$", letter.body, re.MULTILINE)[1]


def open_link(token, **fields):
    return APIClient().post("/api/email/verify/", {"token": token, **fields})


def is_verified(person):
    return person.get("/api/profile/").json()["email_verified"]


@pytest.fixture
def eve(db):
    """Somebody who has registered and not looked into her mails yet."""
    return Person.by_http("eve")


def test_whoever_registers_gets_a_link_that_proves_the_address(eve):
    assert is_verified(eve) is False
    letter = deliver(1)[0]
    assert (letter.to, letter.subject) == (["eve@example.com"], "Confirm your e-mail address")
    assert [open_link(token_in(letter)).status_code for _ in range(2)] == [204, 204]
    assert is_verified(eve) is True


def test_the_page_asks_for_the_password_so_that_nobody_proves_a_strangers_account(eve):
    """Eve's address may have been registered by somebody else, who would get what is sent to it."""
    token = token_in(deliver(1)[0])
    refused(open_link(token, password="a password of Eve's"), 400, "invalid_password", "/password")
    assert is_verified(eve) is False
    assert open_link(token, password=eve.password).status_code == 204


def test_the_mail_comes_again(eve, alice):
    assert eve.post("/api/email/verify/send/").status_code == 202
    assert [letter.to for letter in deliver(2)] == [["eve@example.com"]] * 2
    open_link(token_in(deliver(2)[1]))
    refused(eve.post("/api/email/verify/send/"), 409, "email_verified_already")


def test_whether_it_is_verified_is_for_the_user_and_administrators(eve, alice, dana):
    assert "email_verified" not in alice.get(f"/api/users/{eve.id}/").json()
    assert dana.get(f"/api/users/{eve.id}/").json()["email_verified"] is False
    assert is_verified(dana) is False


def test_a_link_works_for_three_days(eve):
    token = token_in(deliver(1)[0])
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        refused(open_link(token), 400, "invalid_token", "/token")
    with time_machine.travel(timezone.now() + timedelta(days=2, hours=23)):
        assert open_link(token).status_code == 204


@pytest.mark.parametrize(
    "change", [{"email": "mallory@example.com"}, {"is_active": False}, {"email": "eve@example.org"}]
)
def test_a_link_is_for_one_address_of_an_open_account(eve, change):
    token = token_in(deliver(1)[0])
    User.objects.filter(pk=eve.id).update(**change)
    refused(open_link(token), 400, "invalid_token", "/token")
    assert User.objects.get(pk=eve.id).email_verified_at is None


def test_a_forged_token_is_refused(eve):
    token = token_in(deliver(1)[0])
    for forged in (token[:-1], token + "A", "verify.", "x", token.replace("verify", "register"), f".{token}", "é.ü"):
        refused(open_link(forged), 400, "invalid_token", "/token")
    refused(open_link(""), 400, "blank", "/token")
    assert is_verified(eve) is False


def test_a_password_reset_proves_the_address_as_well(eve):
    APIClient().post("/api/password/reset/", {"email": eve.email})
    uid, token = re.search(r"#uid=(\S+)&token=(\S+)", deliver(2)[1].body).groups()
    body = {"uid": uid, "token": token, "new_password": "another fine sentence"}
    assert APIClient().post("/api/password/reset/confirm/", body).status_code == 204
    assert User.objects.get(pk=eve.id).email_verified_at is not None


def test_mails_and_openings_are_limited(alice, bob, rate):
    rate(verify="2/hour")
    assert [alice.post("/api/email/verify/send/").status_code for _ in range(2)] == [202, 202]
    refused(alice.post("/api/email/verify/send/"), 429, "rate_limited")
    assert bob.post("/api/email/verify/send/").status_code == 202
    for _ in range(40):
        open_link("x")
    refused(open_link("x"), 429, "rate_limited")


def test_a_link_opens_a_page_that_keeps_its_secret(anonymous):
    answer = anonymous.get("/email-verify/")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
