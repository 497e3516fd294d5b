"""Invitations: sent, seen, accepted, declined, blocked, revoked, expired; nobody joins unasked."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from albumen.accounts.models import User
from albumen.organizations.models import Invitation
from albumen.organizations.services.invitations import delete_old_invitations
from tests.http.problems import refused
from tests.mails import deliver


@pytest.fixture
def erin(person):
    """Somebody with a verified address."""
    return person("erin", email_verified_at=timezone.now())


def invite(club, someone=None, **fields):
    body = fields if someone is None else {"user": someone.id, **fields}
    answer = club.owner.post(club.invitations, body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def received(someone):
    return [row["id"] for row in someone.get("/api/invitations/").json()["results"]]


def sent(club):
    return [row["id"] for row in club.owner.get(club.invitations).json()["results"]]


def accept(someone, invitation):
    return someone.post(f"/api/invitations/{invitation['id']}/accept/")


def decline(someone, invitation, **fields):
    return someone.post(f"/api/invitations/{invitation['id']}/decline/", fields)


def expire(invitation):
    Invitation.objects.filter(pk=invitation["id"]).update(expires_at=timezone.now())


def test_until_it_is_accepted_nothing_is_so(alice, charlie, club):
    before = charlie.get(f"/api/users/{charlie.id}/").json()
    invitation = invite(club, charlie, role="owner")
    assert charlie.get(f"/api/users/{charlie.id}/").json() == before
    assert "email" not in alice.get(f"/api/users/{charlie.id}/").json()
    assert charlie.get(club.path).json()["role"] is None
    assert "Charlie" not in club.roles()
    for someone in (alice, charlie):
        events = [event["data"] for event in someone.get("/api/events/").json()["results"]]
        assert charlie.id not in [data.get("user") for data in events]
    refused(charlie.patch(club.path, {"name": "Mine"}), 403, "not_an_owner")
    answer = accept(charlie, invitation)
    assert (answer.status_code, answer.json()["status"], answer.json()["role"]) == (200, "accepted", "owner")
    assert club.roles()["Charlie"] == "owner"
    assert alice.get(f"/api/users/{charlie.id}/").json()["email"] == charlie.email
    assert alice.get("/api/events/").json()["results"][-1]["type"] == "organization.member_added"


def test_what_each_side_reads(alice, charlie, club):
    invitation = invite(club, charlie, role="editor")
    assert invitation == {
        "id": invitation["id"],
        "organization": {"id": club.id, "name": "Hikers", "description": "On Sundays"},
        "email": None,
        "user": charlie.id,
        "role": "editor",
        "status": "pending",
        "inviter": {"id": alice.id, "name": "Alice"},
        "created_at": invitation["created_at"],
        "expires_at": invitation["expires_at"],
    }
    for someone, path in ((alice, club.invitations), (charlie, "/api/invitations/")):
        answer = someone.get(path)
        assert answer.json()["results"] == [invitation]
        assert b"@" not in answer.content


def test_by_address_it_is_the_same_for_everybody(alice, bob, charlie, erin, person, dana, club):
    """200 probes: of addresses nobody has, unproved, proved, a member's, of a closed account, and of who blocks."""
    blocking = invite(club, erin)
    assert decline(erin, blocking, block=True).status_code == 204
    closed = person("closed")
    dana.patch(f"/api/users/{closed.id}/", {"is_active": False})
    proved = person("proved", email_verified_at=timezone.now())
    known = [charlie.email, bob.email, alice.email, erin.email, closed.email, proved.email, "PROVED@Example.com"]
    shapes = set()
    for number in range(200):
        email = known[number % 20] if number % 20 < len(known) else f"nobody{number}@example.com"
        answer = alice.post(club.invitations, {"email": email, "role": "viewer"})
        body = answer.json()
        assert (answer.status_code, body.pop("email"), body.pop("user")) == (201, email, None)
        constant = (body["organization"]["id"], body["role"], body["status"], body["inviter"]["id"])
        headers = tuple(sorted(name for name, _ in answer.headers.items()))
        shapes.add((tuple(body), constant, headers, answer.headers["Content-Type"]))
    assert len(shapes) == 1
    listed = [row["email"] for row in alice.get(f"{club.invitations}?page_size=200").json()["results"]]
    assert {*known[:5], "PROVED@Example.com"} <= set(listed)


def test_a_probe_takes_as_many_queries_for_everybody(alice, bob, charlie, erin, club):
    def asked(email):
        with CaptureQueriesContext(connection) as queries:
            assert alice.post(club.invitations, {"email": email}).status_code == 201
        statements = [query["sql"].split("WHERE")[0][:60] for query in queries]
        return [statement for statement in statements if "SAVEPOINT" not in statement]

    found = [asked(email) for email in ("nobody@example.com", bob.email, charlie.email, erin.email, alice.email)]
    assert all(each == found[0] for each in found)


def test_an_address_takes_effect_once_it_is_proved(alice, charlie, erin, club):
    for someone in (charlie, erin):
        someone.invitation = invite(club, email=someone.email.upper(), role="editor")
    assert (received(charlie), received(erin)) == ([], [erin.invitation["id"]])
    refused(accept(charlie, charlie.invitation), 404, "not_found")
    refused(decline(charlie, charlie.invitation), 404, "not_found")
    assert accept(erin, erin.invitation).status_code == 200
    assert club.roles() == {"Alice": "owner", "Bob": "viewer", "Erin": "editor"}
    assert sent(club) == [charlie.invitation["id"]]


def test_accepting_twice_is_no_error_and_does_not_let_in_again(alice, charlie, club):
    invitation = invite(club, charlie)
    first = accept(charlie, invitation)
    assert accept(charlie, invitation).content == first.content
    alice.patch(club.member(charlie), {"role": "editor"})
    assert accept(charlie, invitation).status_code == 200
    assert club.roles()["Charlie"] == "editor"
    alice.delete(club.member(charlie))
    refused(accept(charlie, invitation), 410, "invitation_ended")
    assert "Charlie" not in club.roles()


def test_an_invitation_is_for_one_person(alice, bob, dana, charlie, club):
    invitation = invite(club, charlie)
    for someone in (alice, bob, dana):
        refused(accept(someone, invitation), 404, "not_found")
        refused(decline(someone, invitation), 404, "not_found")
        assert received(someone) == []


def test_who_declines_is_not_told_of(alice, charlie, club):
    invitation = invite(club, charlie)
    assert decline(charlie, invitation).status_code == 204
    assert decline(charlie, invitation).status_code == 204
    assert received(charlie) == []
    assert alice.get(club.invitations).json()["results"] == [invitation]
    refused(accept(charlie, invitation), 410, "invitation_ended")
    assert invite(club, charlie)["id"] == invitation["id"]
    assert received(charlie) == [invitation["id"]]
    accept(charlie, invitation)
    refused(decline(charlie, invitation), 409, "invitation_accepted")


def test_who_blocks_is_reached_no_more_and_nobody_is_told(alice, erin, club, found):
    first = invite(club, erin)
    deliver(1)
    assert decline(erin, first, block=True).status_code == 204
    for body in ({"user": erin.id}, {"email": erin.email}):
        assert invite(club, **body)["status"] == "pending"
    assert received(erin) == []
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        invite(club, erin)
        deliver(1)
    assert len(sent(club)) == 2
    # Another organization is another matter; and whoever is asked in person again may come.
    assert received(erin) == [] != [invite(found(alice, "Swimmers"), erin)["id"]] == received(erin)
    assert accept(erin, first).status_code == 200


def test_an_owner_revokes(alice, bob, charlie, dana, club):
    first, second = invite(club, charlie), invite(club, email="erin@example.com")
    refused(charlie.delete(f"{club.invitations}{first['id']}/"), 403, "not_an_owner")
    refused(bob.delete(f"{club.invitations}{first['id']}/"), 403, "not_an_owner")
    assert alice.delete(f"{club.invitations}{first['id']}/").status_code == 204
    assert dana.delete(f"{club.invitations}{second['id']}/").status_code == 204
    refused(alice.delete(f"{club.invitations}{first['id']}/"), 404, "not_found")
    assert (sent(club), received(charlie)) == ([], [])
    refused(accept(charlie, first), 410, "invitation_ended")
    assert invite(club, charlie)["id"] == first["id"]
    assert accept(charlie, first).status_code == 200


def test_one_of_another_organization_is_not_found(alice, charlie, club, found):
    invitation = invite(club, charlie)
    refused(alice.delete(f"{found(alice, 'Swimmers').invitations}{invitation['id']}/"), 404, "not_found")
    refused(alice.delete(f"{club.invitations}999999/"), 404, "not_found")


def test_it_expires_after_14_days(alice, charlie, club):
    invitation = invite(club, charlie)
    assert invitation["expires_at"][:10] == f"{timezone.now() + timedelta(days=14):%Y-%m-%d}"
    expire(invitation)
    assert (sent(club), received(charlie)) == ([], [])
    refused(accept(charlie, invitation), 410, "invitation_expired")
    refused(alice.delete(f"{club.invitations}{invitation['id']}/"), 404, "not_found")
    renewed = invite(club, charlie)
    assert renewed["id"] == invitation["id"]
    assert renewed["created_at"] > invitation["created_at"]
    assert accept(charlie, invitation).status_code == 200


def test_inviting_again_renews(alice, charlie, club):
    first = invite(club, charlie, role="viewer")
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=1))
    second = invite(club, charlie, role="editor")
    assert (second["id"], second["role"], second["created_at"]) == (first["id"], "editor", first["created_at"])
    assert second["expires_at"] > first["expires_at"]
    assert len(sent(club)) == 1
    assert accept(charlie, first).json()["role"] == "editor"


def test_it_is_mailed_once_an_hour_at_most(alice, charlie, club):
    for _ in range(3):
        invitation = invite(club, charlie)
    deliver(1)
    alice.delete(f"{club.invitations}{invitation['id']}/")
    invite(club, charlie)
    deliver(1)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        invite(club, charlie)
        deliver(2)


@pytest.mark.parametrize("end", ["demoted", "removed", "closed", "deleted"])
def test_it_ends_with_the_role_of_who_invited(alice, bob, charlie, dana, club, end):
    alice.patch(club.member(bob), {"role": "owner"})
    invitation = bob.post(club.invitations, {"user": charlie.id}).json()
    if end == "demoted":
        assert alice.patch(club.member(bob), {"role": "editor"}).status_code == 200
    elif end == "removed":
        assert alice.delete(club.member(bob)).status_code == 204
    elif end == "closed":
        assert dana.patch(f"/api/users/{bob.id}/", {"is_active": False}).status_code == 200
    else:
        assert bob.delete("/api/profile/", {"password": bob.password}).status_code == 204
    assert (sent(club), received(charlie)) == ([], [])
    status, code = (404, "not_found") if end == "deleted" else (410, "invitation_ended")
    refused(accept(charlie, invitation), status, code)
    deliver(0)
    # Another owner takes it up.
    again = invite(club, charlie)
    assert again["inviter"]["name"] == "Alice"
    assert accept(charlie, again).status_code == 200


def test_an_administrator_invites_too(charlie, dana, club):
    invitation = dana.post(club.invitations, {"user": charlie.id}).json()
    assert accept(charlie, invitation).status_code == 200
    assert club.roles()["Charlie"] == "viewer"


def test_nobody_else_invites_or_reads_whom_is_invited(alice, bob, charlie, club):
    for role in ("viewer", "editor"):
        alice.patch(club.member(bob), {"role": role})
        for someone in (bob, charlie):
            refused(someone.post(club.invitations, {"email": "x@example.com"}), 403, "not_an_owner")
            refused(someone.get(club.invitations), 403, "not_an_owner")
    refused(alice.post("/api/organizations/999999/invitations/", {"user": charlie.id}), 404, "not_found")


def test_who_is_removed_does_not_come_back_by_an_older_invitation(alice, erin, club):
    by_user, by_address = invite(club, erin), invite(club, email=erin.email)
    assert accept(erin, by_user).status_code == 200
    # That the address is hers shows nowhere.
    assert sent(club) == [by_address["id"]]
    assert alice.delete(club.member(erin)).status_code == 204
    assert received(erin) == []
    refused(accept(erin, by_address), 410, "invitation_ended")
    invite(club, email=erin.email)
    assert accept(erin, by_address).status_code == 200


def test_a_member_who_is_invited_by_address_hears_nothing(alice, bob, club):
    User.objects.filter(pk=bob.id).update(email_verified_at=timezone.now())
    invitation = invite(club, email=bob.email, role="owner")
    assert (received(bob), deliver(0)) == ([], [])
    assert accept(bob, invitation).status_code == 200
    assert club.roles()["Bob"] == "viewer"


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({}, "required", "/user"),
        ({"user": 999_999}, "unknown_user", "/user"),
        ({"user": 1, "email": "bob@example.com"}, "invalid", "/email"),
        ({"email": "no address"}, "invalid", "/email"),
        ({"email": "bob@example.com", "role": "boss"}, "invalid_choice", "/role"),
        ({"email": "bob@example.com", "name": "Bob"}, "unknown_field", "/name"),
    ],
)
def test_a_bad_invitation_is_refused(alice, club, fields, code, pointer):
    refused(alice.post(club.invitations, fields), 400, code, pointer)
    assert sent(club) == []


def test_members_and_closed_accounts_are_not_invited_by_id(alice, bob, charlie, dana, club):
    refused(alice.post(club.invitations, {"user": bob.id}), 409, "already_member")
    refused(alice.post(club.invitations, {"user": alice.id}), 409, "already_member")
    dana.patch(f"/api/users/{charlie.id}/", {"is_active": False})
    refused(alice.post(club.invitations, {"user": charlie.id}), 400, "unknown_user", "/user")


def test_invitations_are_limited_for_each_actor_and_each_organization(alice, bob, charlie, club, found, settings):
    alice.patch(club.member(bob), {"role": "owner"})
    settings.RATES = settings.RATES | {"invite": "3/hour", "invite_organization": "5/day"}
    other = found(alice, "Swimmers")
    for place in (club, club, other):
        invite(place, charlie)
    for path in (club.invitations, club.members, other.invitations):
        refused(alice.post(path, {"email": "x@example.com"}), 429, "rate_limited")
    answers = [bob.post(club.members, {"user": charlie.id}).status_code for _ in range(3)]
    assert answers == [202, 202, 202]
    settings.RATES = settings.RATES | {"invite": "0"}
    refused(bob.post(club.invitations, {"user": charlie.id}), 429, "rate_limited")
    invite(other, charlie)


def test_so_many_may_be_pending(alice, charlie, club, settings):
    settings.MAX_INVITATIONS = 2
    first, second = invite(club, email="a@example.com"), invite(club, charlie)
    problem = refused(alice.post(club.invitations, {"email": "b@example.com"}), 403, "too_many_invitations")
    assert problem["detail"].startswith("2 invitations")
    # To decline makes no room that would tell of it, and to renew needs none.
    decline(charlie, second)
    refused(alice.post(club.invitations, {"email": "b@example.com"}), 403, "too_many_invitations")
    invite(club, charlie)
    alice.delete(f"{club.invitations}{first['id']}/")
    invite(club, email="b@example.com")


def test_an_invitation_is_made_once_for_a_key(alice, charlie, club):
    answers = [alice.post(club.invitations, {"user": charlie.id}, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_invitations_go_with_their_organization(alice, charlie, club):
    invitation = invite(club, charlie)
    decline(charlie, invitation, block=True)
    assert alice.delete(club.path).status_code == 204
    refused(accept(charlie, invitation), 404, "not_found")


def test_old_ones_are_deleted(alice, charlie, club):
    old, recent = invite(club, email="a@example.com"), invite(club, charlie)
    Invitation.objects.filter(pk=old["id"]).update(expires_at=timezone.now() - timedelta(days=31))
    expire(recent)
    assert delete_old_invitations(now=timezone.now()) == 1
    kept = Invitation.objects.values_list("pk", flat=True)
    assert (old["id"] in kept, recent["id"] in kept) == (False, True)
