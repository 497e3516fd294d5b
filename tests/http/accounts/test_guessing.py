"""Limits on guessing passwords, and on the other calls that strangers may make."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from tests.http.problems import refused


def guess(email="alice@example.com", password="a guess", **extra):
    return APIClient().post("/api/login/", {"email": email, "password": password}, **extra)


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_the_sixth_wrong_attempt_is_refused(alice, rate, email):
    rate(login="5/min")
    for _ in range(5):
        refused(guess(email), 401, "invalid_credentials")
    refused(guess(email), 429, "rate_limited")
    assert 0 < int(guess(email).headers["Retry-After"]) <= 60


def test_then_not_even_the_right_password_helps(alice, rate):
    rate(login="2/min")
    for _ in range(2):
        guess()
    refused(guess(password=PASSWORD), 429, "rate_limited")
    rate(login="0")
    assert guess(password=PASSWORD).status_code == 200


def test_neither_case_nor_spaces_give_more_attempts(alice, rate):
    rate(login="3/min")
    for email in ("alice@example.com", "ALICE@example.com", " alice@EXAMPLE.com "):
        refused(guess(email), 401, "invalid_credentials")
    refused(guess("Alice@Example.com"), 429, "rate_limited")


def test_success_gives_the_attempt_back(alice, rate):
    rate(login="2/min")
    for _ in range(6):
        assert guess(password=PASSWORD).status_code == 200
    guess()
    assert guess(password=PASSWORD).status_code == 200
    guess()
    refused(guess(), 429, "rate_limited")


def test_a_stranger_elsewhere_does_not_lock_alice_out(alice, rate):
    rate(login="3/min")
    for _ in range(3):
        refused(guess(REMOTE_ADDR="192.0.2.7"), 401, "invalid_credentials")
    refused(guess(REMOTE_ADDR="192.0.2.7"), 429, "rate_limited")
    refused(guess(REMOTE_ADDR="192.0.2.8"), 429, "rate_limited")
    assert guess(password=PASSWORD).status_code == 200


def test_many_accounts_from_one_address_are_limited_too(alice, rate):
    rate(login="1/min")
    statuses = [guess(f"user{n}@example.com").status_code for n in range(11)]
    assert statuses == [401] * 10 + [429]
    assert guess("user99@example.com", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_neighbours_in_one_ipv6_network_are_one(alice, rate):
    rate(login="1/min")
    for n in range(10):
        assert guess(f"user{n}@example.com", REMOTE_ADDR=f"2001:db8::{n}").status_code == 401
    refused(guess("user10@example.com", REMOTE_ADDR="2001:db8::ffff"), 429, "rate_limited")
    assert guess("user11@example.com", REMOTE_ADDR="2001:db8:0:1::1").status_code == 401


@pytest.mark.parametrize("path", ["/api-auth/login/", "/admin/login/"])
def test_the_forms_share_the_same_limit(alice, dana, rate, path):
    rate(login="2/min")
    form = {"username": dana.email, "password": "a guess"}
    assert [Client().post(path, form).status_code for _ in range(2)] == [200, 200]
    late = Client()
    assert "Too many attempts" in late.post(path, form | {"password": PASSWORD}).content.decode()
    refused(late.get("/api/profile/"), 401, "not_authenticated")
    refused(guess(dana.email, PASSWORD), 429, "rate_limited")


def test_a_forwarded_address_is_a_clients_own_invention(rate, anonymous):
    rate(register="2/hour")
    answers = [
        anonymous.post(
            "/api/register/",
            {"email": f"user{n}@example.com", "password": PASSWORD},
            HTTP_X_FORWARDED_FOR=f"192.0.2.{n}",
        )
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    refused(answers[2], 429, "rate_limited")


@pytest.mark.parametrize(("proxies", "header"), [(1, "{spoof}, {real}"), (2, "{spoof}, {real}, 10.0.0.1")])
def test_behind_proxies_their_entry_is_believed(rate, settings, anonymous, proxies, header):
    rate(register="1/hour")
    settings.TRUSTED_PROXIES = proxies

    def register(n, spoof, real):
        body = {"email": f"user{n}@example.com", "password": PASSWORD}
        return anonymous.post("/api/register/", body, HTTP_X_FORWARDED_FOR=header.format(spoof=spoof, real=real))

    assert register(1, "192.0.2.1", "192.0.2.50").status_code == 201
    refused(register(2, "192.0.2.2", "192.0.2.50"), 429, "rate_limited")
    assert register(3, "192.0.2.1", "192.0.2.51").status_code == 201


@pytest.mark.parametrize("header", ["", ",,,", "nonsense", "192.0.2.1:80", "é", "1.2.3.4.5", "x" * 5000])
def test_a_header_that_is_no_address_harms_nothing(alice, settings, header):
    settings.TRUSTED_PROXIES = 1
    assert guess(password=PASSWORD, HTTP_X_FORWARDED_FOR=header).status_code == 200


def test_registering_is_limited_for_each_address(rate, anonymous):
    rate(register="1/hour")

    def register(n, **extra):
        return anonymous.post("/api/register/", {"email": f"u{n}@example.com", "password": PASSWORD}, **extra)

    assert register(1).status_code == 201
    refused(register(2), 429, "rate_limited")
    assert register(3, REMOTE_ADDR="192.0.2.7").status_code == 201


def test_resets_are_limited_for_each_address_too(rate, anonymous):
    rate(reset="1/hour")
    answers = [anonymous.post("/api/password/reset/", {"email": f"u{n}@example.com"}) for n in range(11)]
    assert [answer.status_code for answer in answers[:10]] == [202] * 10
    refused(answers[10], 429, "rate_limited")


def test_calls_are_limited_for_each_user(alice, bob, rate):
    rate(api="3/min")
    assert [alice.get("/api/profile/").status_code for _ in range(3)] == [200] * 3
    refused(alice.get("/api/users/"), 429, "rate_limited")
    assert bob.get("/api/profile/").status_code == 200


def test_calls_of_nobody_are_limited_for_each_address(alice, rate):
    rate(api="3/min")
    statuses = [guess(password=PASSWORD).status_code for _ in range(3)]
    assert statuses == [200] * 3
    refused(guess(password=PASSWORD), 429, "rate_limited")


@pytest.mark.parametrize(
    "text", ["5/min,", "5/min,0", "5", "5/", "/min", "5/month", "five/min", "0/min", "-5/min", "1.5/min", "5/m/m", ""]
)
def test_a_rate_that_is_none_stops_the_start(text):
    from django.core.exceptions import ImproperlyConfigured

    from albumen import rates

    with pytest.raises(ImproperlyConfigured, match="is no rate"):
        rates.parse_rate(text)


@pytest.mark.parametrize(
    ("text", "times", "seconds"),
    [
        ("5/s", 5, 1),
        ("5/min", 5, 60),
        ("10/minute", 10, 60),
        ("7/Hours", 7, 3600),
        ("3 / day", 3, 86400),
        ("5/m", 5, 60),
    ],
)
def test_a_rate_is_written_in_many_ways(text, times, seconds):
    from albumen import rates

    [limit] = rates.parse_rate(text)
    assert (limit.amount, limit.get_expiry()) == (times, seconds)
