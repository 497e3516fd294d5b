"""Invitations at the same moment on a real server: one outcome, one member, one account."""

from collections import Counter
from functools import partial

import httpx
import pytest

from tests.conftest import PASSWORD

ROUNDS = 4


@pytest.fixture
def people(shared_server):
    return [shared_server.register(name) for name in ("alice", "bob", "charlie")]


def found(owner):
    answer = owner.post("/api/organizations/", json={"name": "Hikers"})
    return f"/api/organizations/{answer.json()['id']}/invitations/"


def members(server, sent):
    rows = server.sql("SELECT user_id FROM organizations_membership WHERE organization_id = ?", sent.split("/")[3])
    return sorted(row[0] for row in rows)


def token_of(server, invitation, email):
    make = "from albumen.organizations.services.invitation_tokens import make_token as make"
    return server.manage("shell", "--no-imports", "-c", f"{make}; print(make({invitation}, {email!r}))").strip()


def test_of_accepting_declining_and_revoking_one_wins(shared_server, people, at_once):
    alice, bob = people[:2]
    for _ in range(ROUNDS):
        sent = found(alice)
        invitation = alice.post(sent, json={"user": bob.user["id"]}).json()["id"]
        calls = {
            "accept": partial(bob.post, f"/api/invitations/{invitation}/accept/"),
            "decline": partial(bob.post, f"/api/invitations/{invitation}/decline/", json={"block": True}),
            "revoke": partial(alice.delete, f"{sent}{invitation}/"),
        }
        answers = dict(zip(calls, (answer.status_code for answer in at_once(*calls.values())), strict=True))
        joined = bob.user["id"] in members(shared_server, sent)
        assert joined is (answers["accept"] == 200), answers
        expected = {200: {"decline": (409,), "revoke": (404,)}, 410: {"decline": (204,), "revoke": (204, 404)}}
        for name, statuses in expected[answers["accept"]].items():
            # Declining after a revocation is no error, and what was declined can be revoked.
            assert answers[name] in statuses, answers


def test_of_accepting_and_expiring_one_wins(shared_server, people, at_once):
    alice, bob = people[:2]
    past = "UPDATE organizations_invitation SET expires_at = ? WHERE id = ?"
    for _ in range(ROUNDS):
        sent = found(alice)
        invitation = alice.post(sent, json={"user": bob.user["id"]}).json()["id"]
        accepted, _ = at_once(
            partial(bob.post, f"/api/invitations/{invitation}/accept/"),
            partial(shared_server.sql, past, "2020-01-01 00:00:00+00:00", invitation),
        )
        assert accepted.status_code in (200, 410)
        assert (bob.user["id"] in members(shared_server, sent)) is (accepted.status_code == 200)


def test_accepting_at_once_in_two_ways_is_joining_once(shared_server, people, at_once):
    alice, bob = people[:2]
    sent = found(alice)
    invitation = alice.post(sent, json={"user": bob.user["id"], "role": "editor"}).json()["id"]
    token = token_of(shared_server, invitation, bob.email)
    by_id = [partial(bob.post, f"/api/invitations/{invitation}/accept/")] * 4
    by_token = [partial(bob.post, "/api/invitations/accept/", json={"token": token})] * 4
    assert {answer.status_code for answer in at_once(*by_id, *by_token)} == {200}
    assert members(shared_server, sent) == sorted([alice.user["id"], bob.user["id"]])
    types = [event["type"] for event in bob.get("/api/events/").json()["results"]]
    assert types.count("organization.member_added") == 1
    assert bob.get("/api/profile/").json()["email_verified"] is True


def test_signing_up_at_once_makes_one_account(shared_server, people, at_once):
    alice = people[0]
    sent, email = found(alice), f"new-of-{people[0].email}"
    invitation = alice.post(sent, json={"email": email}).json()["id"]
    body = {"token": token_of(shared_server, invitation, email), "password": PASSWORD}
    accept = f"{shared_server.url}/api/invitations/accept/"
    answers = at_once(*[partial(httpx.post, accept, json=body, timeout=60)] * 5)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 401: 4}
    made = next(answer.json()["user"] for answer in answers if answer.status_code == 201)
    assert members(shared_server, sent) == sorted([alice.user["id"], made["id"]])


def test_inviting_at_once_is_one_invitation_and_one_mail(shared_server, people, at_once):
    alice, email = people[0], f"once-{people[0].email}"
    sent = found(alice)
    before = shared_server.sql("SELECT count(*) FROM tasks_task WHERE kind = 'send_mail'")[0][0]
    answers = at_once(*[partial(alice.post, sent, json={"email": email})] * 6)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert shared_server.sql("SELECT count(*) FROM tasks_task WHERE kind = 'send_mail'")[0][0] == before + 1


def test_the_role_that_an_inviter_loses_meanwhile_lets_nobody_in(shared_server, people, at_once):
    alice, bob, charlie = people
    for _ in range(ROUNDS):
        sent = found(alice)
        invitation = alice.post(sent, json={"user": bob.user["id"], "role": "owner"}).json()["id"]
        assert bob.post(f"/api/invitations/{invitation}/accept/").status_code == 200
        asked = alice.post(sent, json={"user": charlie.user["id"]}).json()["id"]
        mine = f"{sent.removesuffix('invitations/')}members/{alice.user['id']}/"
        removed, accepted = at_once(
            partial(bob.delete, mine), partial(charlie.post, f"/api/invitations/{asked}/accept/")
        )
        assert (removed.status_code, accepted.status_code) in ((204, 200), (204, 410))
        assert (charlie.user["id"] in members(shared_server, sent)) is (accepted.status_code == 200)


def test_of_organizations_at_once_no_more_are_made_than_an_account_may_own(own_server, at_once):
    own_server.start(ALBUMEN_MAX_ORGANIZATIONS="2")
    alice = own_server.register("alice")
    answers = at_once(*[partial(alice.post, "/api/organizations/", json={"name": "Hikers"})] * 6)
    assert Counter(answer.status_code for answer in answers) == {201: 2, 403: 4}
