"""Members: added, given another role, removed; and who leaves."""

import pytest

from tests.http.problems import refused


@pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
def test_an_administrator_adds_somebody_in_any_role(dana, charlie, club, role):
    answer = dana.post(club.members, {"user": charlie.id, "role": role})
    assert answer.status_code == 201
    member = answer.json()
    assert (member["user"], member["name"], member["role"]) == (charlie.id, "Charlie", role)
    assert member["joined_at"].endswith("Z")
    assert charlie.get(club.path).json()["role"] == role


@pytest.mark.parametrize("email", ["charlie@example.com", "CHARLIE@Example.COM"])
def test_an_administrator_adds_somebody_by_email_in_whatever_case(dana, charlie, club, email):
    assert dana.post(club.members, {"email": email}).json()["user"] == charlie.id
    assert charlie.get(club.path).json()["role"] == "viewer"


@pytest.mark.parametrize("by", ["user", "email"])
def test_from_an_owner_it_is_an_invitation(alice, charlie, club, by):
    answer = alice.post(club.members, {by: charlie.id if by == "user" else charlie.email, "role": "editor"})
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert charlie.get(club.path).json()["role"] is None
    assert alice.get(club.invitations).json()["results"] == [answer.json()]


def test_an_administrator_who_owns_it_adds_at_once(dana, charlie, found):
    assert dana.post(found(dana).members, {"user": charlie.id}).status_code == 201


def test_nobody_else_adds_anybody(alice, bob, charlie, club):
    for role in ("viewer", "editor"):
        alice.patch(club.member(bob), {"role": role})
        for someone in (bob, charlie):
            refused(someone.post(club.members, {"user": charlie.id, "role": "owner"}), 403, "not_an_owner")
            refused(someone.post(club.members, {}), 403, "not_an_owner")
    assert club.roles() == {"Alice": "owner", "Bob": "editor"}


def test_whoever_is_a_member_is_not_added_again(alice, bob, dana, club):
    for someone in (alice, dana):
        refused(someone.post(club.members, {"user": bob.id, "role": "owner"}), 409, "already_member")
    refused(dana.post(club.members, {"email": "BOB@example.com"}), 409, "already_member")
    assert club.roles() == {"Alice": "owner", "Bob": "viewer"}


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({}, "required", "/user"),
        ({"role": "viewer"}, "required", "/user"),
        ({"user": 999_999}, "unknown_user", "/user"),
        ({"user": 1, "email": "bob@example.com"}, "invalid", "/email"),
        ({"user": None}, "null", "/user"),
        ({"user": "x"}, "invalid", "/user"),
        ({"user": True}, "invalid", "/user"),
        ({"user": [1]}, "invalid", "/user"),
        ({"user": 0}, "min_value", "/user"),
        ({"user": 2**63}, "max_value", "/user"),
        ({"email": "no address"}, "invalid", "/email"),
        ({"email": None}, "null", "/email"),
        ({"email": "bob@example.com", "role": "boss"}, "invalid_choice", "/role"),
        ({"email": "bob@example.com", "role": "OWNER"}, "invalid_choice", "/role"),
        ({"email": "bob@example.com", "role": ""}, "invalid_choice", "/role"),
        ({"email": "bob@example.com", "role": None}, "null", "/role"),
        ({"email": "bob@example.com", "role": []}, "invalid_choice", "/role"),
    ],
)
def test_a_bad_addition_is_refused(alice, club, fields, code, pointer):
    refused(alice.post(club.members, fields), 400, code, pointer)
    assert club.roles() == {"Alice": "owner", "Bob": "viewer"}


def test_a_closed_account_is_as_unknown_as_none(alice, charlie, dana, club):
    dana.patch(f"/api/users/{charlie.id}/", {"is_active": False})
    closed = refused(dana.post(club.members, {"email": charlie.email}), 400, "unknown_user", "/email")
    none = refused(dana.post(club.members, {"email": "nobody@example.com"}), 400, "unknown_user", "/email")
    assert closed["detail"] == none["detail"]
    refused(alice.post(club.members, {"user": charlie.id}), 400, "unknown_user", "/user")


def test_a_role_can_be_changed(alice, bob, dana, club):
    for someone, role in ((alice, "editor"), (dana, "viewer"), (alice, "owner"), (alice, "owner")):
        answer = someone.patch(club.member(bob), {"role": role})
        assert (answer.status_code, answer.json()["role"]) == (200, role)
        assert bob.get(club.path).json()["role"] == role


def test_nobody_else_changes_a_role(alice, bob, charlie, club):
    for role in ("viewer", "editor"):
        alice.patch(club.member(bob), {"role": role})
        for someone in (bob, charlie):
            refused(someone.patch(club.member(bob), {"role": "owner"}), 403, "not_an_owner")
            refused(someone.patch(club.member(alice), {"role": "viewer"}), 403, "not_an_owner")
    assert club.roles() == {"Alice": "owner", "Bob": "editor"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "required"),
        ({"role": "boss"}, "invalid_choice"),
        ({"role": None}, "null"),
        ({"role": True}, "invalid_choice"),
        ({"role": {}}, "invalid_choice"),
    ],
)
def test_a_role_that_is_none_is_refused(alice, bob, club, fields, code):
    refused(alice.patch(club.member(bob), fields), 400, code, "/role")
    assert club.roles()["Bob"] == "viewer"


def test_whoever_is_no_member_is_not_found(alice, charlie, dana, club):
    for someone in (alice, dana):
        refused(someone.patch(club.member(charlie), {"role": "editor"}), 404, "not_found")
        refused(someone.delete(club.member(charlie)), 404, "not_found")
        refused(someone.delete(f"{club.members}999999/"), 404, "not_found")
    refused(charlie.delete(club.member(charlie)), 404, "not_found")


def test_owners_and_administrators_remove_members(alice, bob, charlie, dana, club):
    assert alice.delete(club.member(bob)).status_code == 204
    assert bob.get(club.path).json()["role"] is None
    club.add(charlie, "owner")
    assert dana.delete(club.member(charlie)).status_code == 204
    assert club.roles() == {"Alice": "owner"}


def test_nobody_else_removes_anybody(alice, bob, charlie, club):
    club.add(charlie, "editor")
    refused(bob.delete(club.member(charlie)), 403, "not_an_owner")
    refused(charlie.delete(club.member(bob)), 403, "not_an_owner")
    refused(charlie.delete(club.member(alice)), 403, "not_an_owner")
    assert len(club.roles()) == 3


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_member_leaves(alice, bob, club, role):
    alice.patch(club.member(bob), {"role": role})
    assert bob.delete(club.member(bob)).status_code == 204
    assert club.roles() == {"Alice": "owner"}
    refused(bob.delete(club.member(bob)), 404, "not_found")


def test_an_owner_who_was_demoted_runs_nothing(alice, bob, club):
    alice.patch(club.member(bob), {"role": "owner"})
    assert bob.patch(club.member(alice), {"role": "editor"}).status_code == 200
    refused(alice.patch(club.path, {"name": "Mine"}), 403, "not_an_owner")
    refused(alice.delete(club.member(bob)), 403, "not_an_owner")


def test_closed_accounts_are_hidden_from_all_but_administrators(alice, bob, charlie, dana, club):
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    assert club.roles() == {"Alice": "owner"}
    assert [user["id"] for user in users_of(charlie, club)] == [alice.id]
    refused(alice.delete(club.member(bob)), 404, "not_found")
    refused(alice.patch(club.member(bob), {"role": "editor"}), 404, "not_found")
    assert len(dana.get(club.members).json()["results"]) == 2
    assert [user["id"] for user in users_of(dana, club)] == [alice.id, bob.id]
    dana.patch(f"/api/users/{bob.id}/", {"is_active": True})
    assert club.roles() == {"Alice": "owner", "Bob": "viewer"}


def users_of(someone, club):
    rows = someone.get("/api/organizations/users/").json()["results"]
    return next(row["users"] for row in rows if row["id"] == club.id)
