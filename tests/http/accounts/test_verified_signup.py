"""Registering where the address is proved first (ALBUMEN_SIGNUP=verified)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import Registration, User
from albumen.accounts.services.signup import delete_old_registrations
from albumen.library.jobs.sweep import sweep_files
from albumen.storage import storage
from tests import pictures
from tests.conftest import PASSWORD
from tests.http.accounts.test_email_verification import open_link, token_in
from tests.http.conftest import Studio
from tests.http.problems import refused
from tests.mails import deliver

EVE = {"email": "Eve@example.com", "password": PASSWORD}
MALLORYS = "a password of Mallory's"


@pytest.fixture(autouse=True)
def _verified(db, settings):
    settings.SIGNUP = "verified"


def register(path="/api/register/", **fields):
    answer = APIClient().post(path, EVE | fields)
    assert answer.status_code == 202, answer.content
    return answer


def log_in(**fields):
    return APIClient().post("/api/login/", EVE | fields)


@pytest.mark.parametrize("path", ["/api/register/", "/accounts/register/"])
def test_the_link_makes_the_account_once(alice, path):
    register(path, first_name="Eve", phone="030 1234567", language="ru")
    refused(log_in(), 401, "invalid_credentials")
    assert alice.get("/api/users/?search=eve").json()["results"] == []
    letter = deliver(1)[0]
    assert (letter.to, letter.subject) == (["Eve@example.com"], "Завершите регистрацию")
    token = token_in(letter)
    assert open_link(token).status_code == 204
    eve = log_in().json()["user"]
    assert (eve["email"], eve["name"], eve["phone"]) == ("Eve@example.com", "Eve", "030 1234567")
    assert (eve["email_verified"], eve["language"], eve["is_staff"]) == (True, "ru", False)
    refused(open_link(token), 400, "invalid_token", "/token")


def test_the_answer_is_the_same_for_every_address(alice, bob, dana):
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    answers = [register(email=email) for email in ("eve@example.com", "ALICE@example.com", bob.email)]
    assert {answer.content for answer in answers} == {answers[0].content}
    kept = [{name: value for name, value in answer.items() if name != "X-Request-ID"} for answer in answers]
    assert kept[1:] == kept[:-1]
    letters = {letter.to[0]: letter for letter in deliver(3)}
    assert letters.keys() == {"eve@example.com", "alice@example.com", "bob@example.com"}
    assert letters[alice.email].subject == "You have an account already"
    assert "/password-reset/#uid=" in letters[alice.email].body
    assert letters[bob.email].subject == "Your account is closed"
    assert "#" not in letters[bob.email].body
    assert alice.sign_in().status_code == 200


def test_what_is_wrong_with_the_fields_is_said_at_once(anonymous, alice):
    refused(anonymous.post("/api/register/", EVE | {"password": "password"}), 400, "password_too_common", "/password")
    refused(anonymous.post("/api/register/", EVE | {"email": "eve"}), 400, "invalid", "/email")
    body = EVE | {"organizations": [Studio(alice).id]}
    refused(anonymous.post("/api/register/", body), 403, "organization_closed")
    deliver(0)


def test_who_opens_the_mail_decides_whose_password_it_is():
    """Mallory registers Eve's address before and after her, and Eve opens the mail about her own registration."""
    register(password=MALLORYS)
    register()
    register(password=MALLORYS)
    tokens = [token_in(letter) for letter in deliver(3)]
    assert open_link(tokens[1], password=PASSWORD).status_code == 204
    assert log_in().status_code == 200
    refused(log_in(password=MALLORYS), 401, "invalid_credentials")
    for token in (tokens[0], tokens[2]):
        refused(open_link(token), 400, "invalid_token", "/token")


def test_the_page_asks_for_the_password_so_that_nobody_takes_a_strangers():
    register(password=MALLORYS)
    token = token_in(deliver(1)[0])
    refused(open_link(token, password=PASSWORD), 400, "invalid_password", "/password")
    refused(log_in(password=MALLORYS), 401, "invalid_credentials")
    assert open_link(token, password=MALLORYS).status_code == 204


def test_a_link_is_late_where_somebody_has_the_address(dana):
    register()
    token = token_in(deliver(1)[0])
    User.objects.create_user("eve@example.com", "a wholly different phrase")
    refused(open_link(token), 409, "email_taken")
    refused(log_in(), 401, "invalid_credentials")


def test_a_link_is_late_where_nobody_registers_any_more(settings):
    register()
    token = token_in(deliver(1)[0])
    settings.SIGNUP = "closed"
    refused(open_link(token), 403, "signup_closed")


def test_an_avatar_and_open_organizations_come_along(alice):
    open_club, other = Studio(alice), Studio(alice, "Other")
    for club in (open_club, other):
        alice.patch(f"/api/organizations/{club.id}/", {"open": True})
    fields = {"organizations": [open_club.id, other.id], "avatar": pictures.as_file(pictures.jpeg())}
    answer = APIClient().post("/api/register/", EVE | fields, format="multipart")
    assert answer.status_code == 202
    token = token_in(deliver(1)[0])
    alice.patch(f"/api/organizations/{other.id}/", {"open": False})
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        sweep_files(now=timezone.now())
        assert open_link(token).status_code == 204
        eve = log_in().json()["user"]
    assert [organization["id"] for organization in eve["organizations"]] == [open_club.id]
    assert APIClient().get(eve["avatar"]).status_code == 200


def test_what_nobody_proves_is_forgotten(django_capture_on_commit_callbacks):
    body = EVE | {"avatar": pictures.as_file(pictures.jpeg())}
    assert APIClient().post("/api/register/", body, format="multipart").status_code == 202
    token = token_in(deliver(1)[0])
    later = timezone.now() + timedelta(days=3, minutes=1)
    assert delete_old_registrations(now=later - timedelta(hours=1)) == 0
    with time_machine.travel(later):
        refused(open_link(token), 400, "invalid_token", "/token")
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_old_registrations(now=later) == 1
    assert [item for item in storage().listed("avatars") if item.size] == []
    refused(open_link(token), 400, "invalid_token", "/token")


def test_a_repeated_registration_with_a_key_is_one(anonymous):
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    answers = [anonymous.post("/api/register/", EVE, **key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1]["Idempotency-Replayed"] == "true"
    deliver(1)
    assert Registration.objects.count() == 1


def test_mails_to_one_address_are_limited_whether_it_is_known_or_not(alice, rate):
    rate(verify="2/hour")
    for email in (alice.email, "eve@example.com"):
        for _ in range(2):
            register(email=email)
        refused(APIClient().post("/api/register/", EVE | {"email": email}), 429, "rate_limited")


def test_the_password_is_stored_as_a_hash_alone(full_hashes):
    register()
    stored = Registration.objects.get()
    assert stored.password.startswith("argon2$argon2id$")
    assert PASSWORD not in str(vars(stored))


def test_accounts_from_before_still_sign_in_and_are_asked_once_a_day(alice):
    for _ in range(2):
        assert alice.sign_in().json()["user"]["email_verified"] is False
    letters = [letter for letter in deliver() if "verify" in letter.body]
    assert [letter.to for letter in letters] == [[alice.email]]
    assert open_link(token_in(letters[0])).status_code == 204
    assert alice.get("/api/profile/").json()["email_verified"] is True
