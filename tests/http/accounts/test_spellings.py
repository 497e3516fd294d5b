"""A person in another spelling is the same person: passwords, e-mail addresses, phone numbers."""
# ruff: noqa: RUF001  (characters that look alike are what this is about)

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.hashers import check_password, make_password
from django.core.management import call_command
from rest_framework.test import APIClient

from albumen.accounts.models import User
from tests.conftest import PASSWORD
from tests.http.problems import refused

COMPOSED, DECOMPOSED, WIDE = "caf\u00e9 au lait 1", "cafe\u0301 au lait 1", "caf\u00e9\u3000ａｕ lait\u00a0１"
SPELLINGS = [COMPOSED, DECOMPOSED, WIDE]


def log_in(email, password=PASSWORD, path="/api/login/"):
    return APIClient().post(path, {"email": email, "password": password})


@pytest.mark.parametrize("typed", SPELLINGS)
@pytest.mark.parametrize("chosen", SPELLINGS)
def test_a_password_is_one_however_the_keyboard_writes_it(anonymous, client, chosen, typed):
    body = {"email": "zoe@example.com", "password": chosen}
    assert anonymous.post("/api/register/", body).status_code == 201
    for path in ("/api/login/", "/accounts/login/"):
        assert log_in("zoe@example.com", typed, path).status_code == 200
    form = {"username": "zoe@example.com", "password": typed}
    assert client.post("/api-auth/login/", form).status_code == 302
    assert log_in("zoe@example.com", typed + "!").status_code == 401


@pytest.mark.parametrize("typed", [COMPOSED, DECOMPOSED])
def test_a_password_that_was_set_before_holds_and_is_hashed_anew(alice, typed):
    User.objects.filter(pk=alice.id).update(password=make_password(DECOMPOSED))
    assert log_in(alice.email, DECOMPOSED).status_code == 200
    assert check_password(COMPOSED, User.objects.get(pk=alice.id).password)
    assert log_in(alice.email, typed).status_code == 200
    assert alice.get("/api/profile/").status_code == 200


def test_a_new_password_is_one_in_every_spelling(alice):
    body = {"current_password": PASSWORD, "new_password": DECOMPOSED}
    assert alice.post("/api/profile/password/", body).status_code == 204
    assert log_in(alice.email, COMPOSED).status_code == 200
    body = {"current_password": WIDE, "new_password": PASSWORD}
    assert alice.post("/api/profile/password/", body).status_code == 204


def test_a_password_of_the_command_line_and_the_panel_is_one_in_every_spelling(db, monkeypatch, client):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@BÜCHER.example")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", DECOMPOSED)
    call_command("createsuperuser", interactive=False, verbosity=0)
    form = {"username": "root@xn--bcher-kva.example", "password": COMPOSED}
    assert client.post("/admin/login/", form).status_code == 302
    body = {"email": "new@bücher.example", "password1": DECOMPOSED, "password2": DECOMPOSED}
    plan = User.objects.get().plan_id
    assert client.post("/admin/accounts/user/add/", {**body, "plan": plan}).status_code == 302
    assert log_in("new@xn--bcher-kva.example", COMPOSED).status_code == 200
    again = client.post("/admin/accounts/user/add/", {**body, "plan": plan})
    assert "email" in again.context["adminform"].form.errors or again.context["errors"]


@pytest.mark.parametrize("password", [COMPOSED, DECOMPOSED])
def test_a_wrong_password_costs_the_same_hashes_for_everybody(full_hashes, alice, person, monkeypatch, password):
    from albumen.accounts.hashers import Argon2idHasher

    eve = person("eve")
    User.objects.filter(pk=eve.id).update(is_active=False)
    calls = []

    def counted(method):
        def call(*args):
            calls.append(1)
            return method(*args)

        return call

    monkeypatch.setattr(Argon2idHasher, "encode", counted(Argon2idHasher.encode))
    monkeypatch.setattr(Argon2idHasher, "verify", counted(Argon2idHasher.verify))
    costs = []
    for email in ("nobody@example.com", alice.email, eve.email):
        calls.clear()
        refused(log_in(email, password), 401, "invalid_credentials")
        costs.append(len(calls))
    assert len(set(costs)) == 1


EMAILS = [
    "MÜLLER@Bücher.example",
    "müller@bücher.example",
    "mu\u0308ller@BU\u0308CHER.example",
    "müller@xn--bcher-kva.example",
    "Müller@XN--BCHER-KVA.EXAMPLE",
    "ｍüller＠bücher．example",
    " müller@bücher。example ",
]


@pytest.mark.parametrize("email", EMAILS)
def test_an_address_has_one_form(anonymous, alice, dana, email):
    body = {"email": email, "password": PASSWORD}
    answer = anonymous.post("/api/register/", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["email"] == "müller@xn--bcher-kva.example"
    for other in EMAILS:
        assert log_in(other).json()["user"]["id"] == answer.json()["id"]
        refused(anonymous.post("/api/register/", {**body, "email": other}), 400, "unique", "/email")
        asked = alice.patch("/api/profile/", {"email": other, "password": PASSWORD}).json()
        assert asked["pending_email"] == "müller@xn--bcher-kva.example"
    organization = alice.post("/api/organizations/", {"name": "Readers"}).json()["id"]
    member = dana.post(f"/api/organizations/{organization}/members/", {"email": email})
    assert member.json()["user"] == answer.json()["id"]


def test_spellings_of_an_address_share_its_attempts(anonymous, settings):
    assert anonymous.post("/api/register/", {"email": EMAILS[0], "password": PASSWORD}).status_code == 201
    settings.RATES = {**settings.RATES, "login": "3/minute"}
    answers = [log_in(email, "a wrong password").status_code for email in EMAILS[:4]]
    assert answers == [401, 401, 401, 429]


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("ali\u200bce@example.com", "U+200B"),
        ("ali\u200dce@example.com", "U+200D"),
        ("alice@exa\u00admple.com", "U+00AD"),
        ("\u202ealice@example.com", "U+202E"),
        ("ali\u3164ce@example.com", "U+3164"),
        ("ali\u00a0ce@example.com", "U+00A0"),
        ("alice\ufeff@example.com", "U+FEFF"),
    ],
)
def test_an_address_with_a_character_that_nobody_sees_is_refused(anonymous, alice, email, code):
    problem = refused(
        anonymous.post("/api/register/", {"email": email, "password": PASSWORD}), 400, "invalid", "/email"
    )
    assert code in problem["detail"]
    refused(alice.patch("/api/profile/", {"email": email, "password": PASSWORD}), 400, "invalid", "/email")


@pytest.mark.parametrize(
    "email", ["a@\u2764.example", "a@-ü.example", "ü@", "@ü.example", "a@ü", "a@b@ü.example", "ü"]
)
def test_what_is_no_address_in_any_alphabet_is_refused(anonymous, email):
    refused(anonymous.post("/api/register/", {"email": email, "password": PASSWORD}), 400, "invalid", "/email")
    assert log_in(email).status_code == 401


def test_addresses_from_before_get_their_one_form(alice, bob, charlie):
    migration = import_module("albumen.accounts.migrations.0004_one_form_of_domains")
    User.objects.filter(pk=alice.id).update(email="Alice@bücher.example")
    User.objects.filter(pk=bob.id).update(email="Bob@bücher.example")
    User.objects.filter(pk=charlie.id).update(email="bob@xn--bcher-kva.example")
    assert log_in("alice@bücher.example").status_code == 200
    migration.fill(apps, None)
    migration.fill(apps, None)
    assert log_in("alice@xn--bcher-kva.example").json()["user"]["email"] == "Alice@xn--bcher-kva.example"
    assert log_in("BOB@bücher.example").json()["user"]["id"] == bob.id
    assert log_in("bob@xn--bcher-kva.example").json()["user"]["id"] == charlie.id


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(555) 123-4567", "(555) 123-4567"),
        ("+1 (555) 123-4567", "+1 (555) 123-4567"),
        ("+49 (0)30 / 1234-567", "+49 (0)30 / 1234-567"),
        ("555.123.4567 ext. 9", "555.123.4567 ext. 9"),
        ("555-123-4567 x12", "555-123-4567 x12"),
        ("030 1234567, Ext: 4", "030 1234567, Ext: 4"),
        ("+ 7 (495) 123-45-67", "+ 7 (495) 123-45-67"),
        ("  030\u00a0 12 34 ", "030 12 34"),
        ("\u202a+1\u2011555\u2013123\u202c", "+1-555-123"),
        ("０３−１２３４−５６７８", "03-1234-5678"),
        ("112", "112"),
        ("", ""),
    ],
)
def test_a_phone_number_is_kept_as_people_write_it(alice, dana, client, typed, kept):
    assert alice.patch("/api/profile/", {"phone": typed}).json()["phone"] == kept
    alice.patch("/api/profile/", {"phone": "030 000"})
    assert dana.patch(f"/api/users/{alice.id}/", {"phone": typed}).json()["phone"] == kept
    User.objects.filter(pk=alice.id).update(phone="030 000")
    client.post("/admin/login/", {"username": dana.email, "password": dana.password})
    user = User.objects.get(pk=alice.id)
    form = {"email": user.email, "first_name": "A", "phone": typed, "plan": user.plan_id, "is_active": "on"}
    assert client.post(f"/admin/accounts/user/{alice.id}/change/", form).status_code == 302
    assert User.objects.get(pk=alice.id).phone == kept


@pytest.mark.parametrize("phone", ["(55", "() -", "ext. 9", "12 ext. 345", "555-1234 ext", "5551234 y 9", "+-123"])
def test_what_is_no_phone_number_is_refused(alice, phone):
    problem = refused(alice.patch("/api/profile/", {"phone": phone}), 400, "invalid", "/phone")
    assert "(555) 123-4567" in problem["detail"]


def test_a_password_may_be_confirmed_in_another_spelling(anonymous):
    body = {"email": "zoe@example.com", "password": COMPOSED, "password_confirm": DECOMPOSED}
    assert anonymous.post("/api/register/", body).status_code == 201


def test_an_address_that_an_upgrade_left_as_it_was_may_be_sent_back(alice):
    # Somebody else has its other form, so that it stays.
    User.objects.filter(pk=alice.id).update(email="zoe@b\u00fccher.example")
    profile = alice.get("/api/profile/").json()
    assert alice.put("/api/profile/", profile).json()["email"] == "zoe@b\u00fccher.example"
    refused(alice.put("/api/profile/", {"email": "zo@b\u00fccher.example"}), 400, "required", "/password")
