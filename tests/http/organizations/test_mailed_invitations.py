"""The mail of an invitation: what it says, and what its token does, for who is signed in and who is not."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.accounts.models import User
from albumen.organizations.models import Invitation
from tests.conftest import PASSWORD
from tests.http.problems import refused
from tests.mails import deliver

ERIN = "Erin@Example.com"
SIGN_UP = {"password": PASSWORD, "first_name": "Erin"}
CALLS = ("by-token", "accept", "decline")


@pytest.fixture
def mailed(club):
    """A function that invites, delivers the mail, and returns it with the token in it."""

    def make(**fields):
        before = len(mail.outbox)
        answer = club.owner.post(club.invitations, fields)
        assert answer.status_code == 201, answer.content
        (letter,) = deliver()[before:]
        return letter, re.search(r"/invitations/#token=(\S+)", letter.body)[1]

    return make


def call(name, token, client=None, **fields):
    return (client or APIClient()).post(f"/api/invitations/{name}/", {"token": token, **fields})


def verified(someone):
    return User.objects.get(pk=someone.id).email_verified_at is not None


def test_what_the_mail_says(alice, club, mailed):
    alice.patch("/api/profile/", {"first_name": "<b>Alice</b>"})
    alice.patch(club.path, {"name": "<i>Hikers</i>\u2028& Co"})
    letter, _ = mailed(email=ERIN, role="editor")
    page = letter.alternatives[0].content
    assert (letter.to, letter.subject) == (["Erin@example.com"], "Invitation to “<i>Hikers</i> & Co”")
    assert "<b>Alice</b> invites you to the organization “<i>Hikers</i> & Co”." in letter.body
    assert "&lt;b&gt;Alice&lt;/b&gt; invites you to the organization “&lt;i&gt;Hikers&lt;/i&gt; &amp; Co”." in page
    for text in (letter.body, page):
        assert "alice@example.com" not in text
        assert "There is no account with this address yet" in text
        assert "decline, and block further invitations" in text
        assert "<b>" not in page


def test_names_become_no_links(alice, club, mailed):
    alice.patch("/api/profile/", {"first_name": "J.R.R.", "last_name": "at evil.example"})
    alice.patch(club.path, {"name": "You won! http://www.evil.example/x?a=b"})
    letter, _ = mailed(email=ERIN)
    assert "J.R.R. at evil\u2024example invites you" in letter.body
    assert "“You won! http: www\u2024evil\u2024example/x?a=b”" in letter.body
    for text in (letter.subject, letter.body, letter.alternatives[0].content):
        assert "evil.example" not in text


def test_to_an_account_it_says_so_in_its_language_and_goes_to_its_address(charlie, mailed):
    charlie.patch("/api/profile/", {"language": "ru"})
    letter, _ = mailed(email="CHARLIE@example.com")
    assert letter.to == [charlie.email]
    assert letter.subject == "Приглашение в «Hikers»"
    charlie.patch("/api/profile/", {"language": "en"})
    letter, _ = mailed(user=charlie.id)
    assert "signs in with the account that has this address" in letter.body


def test_an_inviter_without_a_name_is_not_named(alice, mailed):
    alice.patch("/api/profile/", {"first_name": ""})
    assert mailed(email=ERIN)[0].body.startswith("You are invited to the organization “Hikers”.")


def test_who_has_no_account_signs_up_by_it(alice, club, mailed):
    _, token = mailed(email=ERIN, role="editor")
    shown = call("by-token", token).json()
    assert (shown["invitation"]["organization"]["name"], shown["has_account"], shown["is_yours"]) == (
        "Hikers",
        False,
        False,
    )
    refused(call("accept", token), 400, "required", "/password")
    refused(call("accept", token, password="password"), 400, "password_too_common", "/password")
    assert not User.objects.filter(email__iexact=ERIN).exists()
    answer = call("accept", token, **SIGN_UP)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["user"]["email"], body["user"]["first_name"]) == ("Erin@example.com", "Erin")
    assert [(one["name"], one["role"]) for one in body["user"]["organizations"]] == [("Hikers", "editor")]
    erin = APIClient()
    erin.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert erin.get(club.path).json()["role"] == "editor"
    assert User.objects.get(email="Erin@example.com").email_verified_at is not None
    assert APIClient().post("/api/refresh/", {"refresh": body["refresh"]}).status_code == 200
    assert alice.get(f"/api/users/{body['user']['id']}/").json()["email"] == "Erin@example.com"
    # The token is used: it lets nobody in.
    refused(call("accept", token, **SIGN_UP), 401, "sign_in_to_accept")
    assert call("accept", token, erin).status_code == 200
    assert call("by-token", token, erin).json()["invitation"]["status"] == "accepted"


@pytest.mark.parametrize(("signup", "status"), [("open", 201), ("invited", 201), ("closed", 403)])
def test_it_signs_up_where_invitations_do(mailed, settings, signup, status):
    settings.SIGNUP = signup
    answer = call("accept", mailed(email=ERIN)[1], **SIGN_UP)
    assert answer.status_code == status
    if status == 403:
        refused(answer, 403, "signup_closed")


def test_who_has_an_account_signs_in_first(charlie, club, mailed):
    _, token = mailed(email=charlie.email)
    shown = call("by-token", token).json()
    assert (shown["address"], shown["has_account"], shown["is_yours"]) == (charlie.email, True, False)
    for fields in ({}, SIGN_UP):
        refused(call("accept", token, **fields), 401, "sign_in_to_accept")
    assert "Charlie" not in club.roles()
    assert call("by-token", token, charlie).json()["is_yours"] is True
    refused(call("accept", token, charlie, password=PASSWORD), 400, "invalid")
    assert call("accept", token, charlie).status_code == 200
    assert (club.roles()["Charlie"], verified(charlie)) == ("viewer", True)
    assert call("accept", token, charlie).status_code == 200


def test_a_browser_with_the_cookie_accepts(charlie, club, mailed):
    _, token = mailed(user=charlie.id)
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=charlie.id))
    refused(call("accept", token, browser), 403, "csrf_failed")
    browser.cookies["csrftoken"] = "a" * 32
    answer = browser.post("/api/invitations/accept/", {"token": token}, headers={"X-CSRFToken": "a" * 32})
    assert answer.status_code == 200
    assert "Charlie" in club.roles()


def test_a_token_has_no_effect_in_another_account(bob, charlie, dana, club, mailed):
    by_address, by_user = mailed(email=ERIN)[1], mailed(user=charlie.id)[1]
    for token in (by_address, by_user):
        for someone in (bob, dana):
            refused(call("accept", token, someone), 403, "invitation_for_another_address")
            assert call("by-token", token, someone).json()["is_yours"] is False
            assert not verified(bob)
    refused(call("accept", by_address, charlie), 403, "invitation_for_another_address")
    assert club.roles() == {"Alice": "owner", "Bob": "viewer"}


def test_a_token_proves_the_address_that_it_came_to_and_no_later_one(charlie, club, mailed):
    _, token = mailed(user=charlie.id)
    User.objects.filter(pk=charlie.id).update(email="elsewhere@example.com")
    assert call("accept", token, charlie).status_code == 200
    assert not verified(charlie)


def test_forged_tokens_are_refused(mailed):
    _, token = mailed(email=ERIN)
    head, _, mac = token.rpartition(":")
    for wrong in ("x", token[:-2] + "xx", f"{head}:{mac[::-1]}", token.upper(), f"{token}.", "W10:1:2", "\u2028:a:b"):
        for name in CALLS:
            refused(call(name, wrong), 400, "invalid_token", "/token")
    for name in CALLS:
        refused(call(name, "x" * 1001), 400, "max_length", "/token")
        refused(APIClient().post(f"/api/invitations/{name}/", {}), 400, "required", "/token")


def test_a_token_of_another_kind_is_refused(alice, mailed):
    mailed(email=ERIN)
    for token in (alice.access, alice.refresh):
        refused(call("accept", token, **SIGN_UP), 400, "invalid_token", "/token")


def test_a_token_is_valid_for_14_days(mailed):
    with time_machine.travel(timezone.now() - timedelta(days=13, hours=23)):
        _, token = mailed(email=ERIN)
    assert call("by-token", token).status_code == 200
    with time_machine.travel(timezone.now() - timedelta(days=14, seconds=2)):
        _, token = mailed(email="eve@example.com")
    for name in CALLS:
        refused(call(name, token), 410, "invitation_expired")


def test_what_has_ended_is_gone(alice, club, mailed):
    def gone(token, code):
        refused(call("by-token", token), 410, code)
        refused(call("accept", token, **SIGN_UP), 410, code)

    tokens = {name: mailed(email=f"{name}@example.com")[1] for name in ("revoked", "expired", "declined")}
    revoked = Invitation.objects.get(email="revoked@example.com").pk
    assert alice.delete(f"{club.invitations}{revoked}/").status_code == 204
    Invitation.objects.filter(email="expired@example.com").update(expires_at=timezone.now())
    assert call("decline", tokens["declined"]).status_code == 204
    for name, token in tokens.items():
        gone(token, "invitation_expired" if name == "expired" else "invitation_ended")
    assert call("decline", tokens["declined"]).status_code == 204
    _, token = mailed(email=ERIN)
    assert alice.delete(club.path).status_code == 204
    gone(token, "invitation_ended")
    refused(call("decline", token), 410, "invitation_ended")


def test_declining_and_blocking_by_mail(alice, club, mailed):
    _, token = mailed(email=ERIN)
    assert call("decline", token, block=True).status_code == 204
    assert [row["email"] for row in alice.get(club.invitations).json()["results"]] == [ERIN]
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert alice.post(club.invitations, {"email": "erin@example.com"}).status_code == 201
    deliver(1)
    # The block holds for the account that is made with this address later, too.
    erin = APIClient().post("/api/register/", {"email": ERIN, "password": PASSWORD}).json()
    assert alice.post(club.invitations, {"user": erin["id"]}).status_code == 201
    assert [letter.subject for letter in deliver()].count("Invitation to “Hikers”") == 1


def test_declining_what_was_accepted_is_refused(charlie, mailed):
    _, token = mailed(user=charlie.id)
    assert call("accept", token, charlie).status_code == 200
    refused(call("decline", token), 409, "invitation_accepted")


def test_signing_up_by_it_is_limited_as_registration_is(mailed, settings):
    settings.RATES = settings.RATES | {"register": "1/hour"}
    first, second = (mailed(email=f"{name}@example.com")[1] for name in ("a", "b"))
    assert call("accept", first, **SIGN_UP).status_code == 201
    refused(call("accept", second, **SIGN_UP), 429, "rate_limited")


def test_its_link_opens_a_page_that_keeps_its_secret(anonymous):
    answer = anonymous.get("/invitations/")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_nothing_is_mailed_to_who_is_not_reached(alice, bob, charlie, dana, club):
    dana.patch(f"/api/users/{charlie.id}/", {"is_active": False})
    for email in (bob.email, charlie.email):
        assert alice.post(club.invitations, {"email": email}).status_code == 201
    revoked = alice.post(club.invitations, {"email": ERIN}).json()["id"]
    assert alice.delete(f"{club.invitations}{revoked}/").status_code == 204
    deliver(0)
