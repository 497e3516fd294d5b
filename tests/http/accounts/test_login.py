"""Signing in (requirements A1.5, B4)."""

from datetime import datetime, timedelta

import pytest
from rest_framework.test import APIClient

from albumen.accounts.hashers import Argon2idHasher
from tests.conftest import PASSWORD
from tests.http.problems import refused


def log_in(email, password=PASSWORD):
    return APIClient().post("/api/login/", {"email": email, "password": password})


@pytest.fixture
def eve(person, dana):
    """Her account was closed."""
    someone = person("eve")
    assert dana.patch(f"/api/users/{someone.id}/", {"is_active": False}).status_code == 200
    return someone


def test_alice_signs_in_and_uses_her_token(alice):
    answer = log_in("alice@example.com")
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh", "user"}
    mine = APIClient().get("/api/profile/", HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}").json()
    assert mine == answer.json()["user"]
    at = datetime.fromisoformat(mine["last_login"])
    assert datetime.now(at.tzinfo) - at < timedelta(minutes=1)


@pytest.mark.parametrize("email", ["ALICE@EXAMPLE.COM", "Alice@example.com", " alice@example.com"])
def test_the_case_of_the_email_does_not_matter(alice, email):
    assert log_in(email).json()["user"]["id"] == alice.id


@pytest.mark.parametrize("password", [PASSWORD.upper(), PASSWORD + " ", " " + PASSWORD, PASSWORD[:-1]])
def test_every_character_of_the_password_matters(alice, password):
    refused(log_in("alice@example.com", password), 401, "invalid_credentials")


def test_unknown_wrong_and_inactive_look_alike(alice, eve):
    answers = [log_in("nobody@example.com"), log_in("alice@example.com", "wrong"), log_in(eve.email)]
    problems = [refused(answer, 401, "invalid_credentials") for answer in answers]
    for problem in problems:
        problem.pop("request_id")
    assert problems[0] == problems[1] == problems[2]
    assert [sorted(answer.headers) for answer in answers] == [sorted(answers[0].headers)] * 3


def test_unknown_wrong_and_inactive_cost_one_hash_each(full_hashes, alice, eve, monkeypatch):
    calls = []

    def counted(method):
        def call(*args):
            calls.append(method.__name__)
            return method(*args)

        return call

    monkeypatch.setattr(Argon2idHasher, "encode", counted(Argon2idHasher.encode))
    monkeypatch.setattr(Argon2idHasher, "verify", counted(Argon2idHasher.verify))
    costs = []
    for email in ("nobody@example.com", "alice@example.com", eve.email):
        calls.clear()
        assert log_in(email, "a wrong password").status_code == 401
        costs.append(len(calls))
    assert costs == [1, 1, 1]


def test_a_user_without_a_password_cannot_sign_in(alice):
    from albumen.accounts.models import User

    user = User.objects.get(pk=alice.id)
    user.set_unusable_password()
    user.save()
    refused(log_in("alice@example.com", user.password), 401, "invalid_credentials")
    refused(log_in("alice@example.com", "!"), 401, "invalid_credentials")


@pytest.mark.parametrize("body", [{}, {"email": "alice@example.com"}, {"password": PASSWORD}])
def test_both_fields_are_needed(anonymous, body):
    refused(anonymous.post("/api/login/", body), 400, "required")


def test_an_old_token_in_the_header_is_no_hindrance(alice):
    alice.post("/api/logout/", {"refresh": alice.refresh})
    answer = alice.post("/api/login/", {"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert alice.post("/api/register/", {"email": "new@example.com", "password": PASSWORD}).status_code == 201


def test_a_hash_of_an_older_kind_is_renewed_and_ends_no_login(full_hashes, alice):
    from django.contrib.auth.hashers import make_password

    from albumen.accounts.models import User

    User.objects.filter(pk=alice.id).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert log_in("alice@example.com").status_code == 200
    assert User.objects.get(pk=alice.id).password.startswith("argon2$")
    assert alice.get("/api/profile/").status_code == 200
