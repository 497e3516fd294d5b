"""An organization always has an owner who can sign in: the last one cannot go."""

import pytest

from tests.conftest import PASSWORD
from tests.http.problems import refused


def leave(alice, dana, club):
    return alice.delete(club.member(alice))


def be_removed(alice, dana, club):
    return dana.delete(club.member(alice))


def step_down(alice, dana, club):
    return alice.patch(club.member(alice), {"role": "editor"})


def be_demoted(alice, dana, club):
    return dana.patch(club.member(alice), {"role": "viewer"})


def leave_by_profile(alice, dana, club):
    return alice.patch("/api/profile/", {"organizations": [], "last_name": "X"})


def delete_oneself(alice, dana, club):
    return alice.delete("/api/profile/", {"password": PASSWORD})


WAYS = [leave, be_removed, step_down, be_demoted, leave_by_profile, delete_oneself]


@pytest.mark.parametrize("go", WAYS)
def test_the_last_owner_cannot_go(alice, dana, club, go):
    before = alice.get("/api/profile/").json()
    pointer = "/organizations" if go is leave_by_profile else None
    problem = refused(go(alice, dana, club), 409, "last_owner", pointer)
    assert "Hikers" in problem["detail"]
    assert alice.get("/api/profile/").json() == before
    assert club.roles() == {"Alice": "owner", "Bob": "viewer"}


@pytest.mark.parametrize("go", WAYS)
def test_where_there_is_another_owner_she_can(alice, bob, dana, club, go):
    alice.patch(club.member(bob), {"role": "owner"})
    assert go(alice, dana, club).status_code in (200, 204)
    rows = bob.get(club.members).json()["results"]
    assert [row["user"] for row in rows if row["role"] == "owner"] == [bob.id]


@pytest.mark.parametrize("go", WAYS)
def test_an_owner_who_cannot_sign_in_does_not_count(alice, bob, charlie, dana, club, go):
    club.add(charlie)
    alice.patch(club.member(bob), {"role": "owner"})
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    refused(go(alice, dana, club), 409, "last_owner")


@pytest.mark.parametrize("go", WAYS[:-1])
def test_the_only_member_deletes_the_organization_instead_of_leaving(alice, dana, found, go):
    club = found(alice)
    refused(go(alice, dana, club), 409, "last_owner")
    assert alice.delete(club.path).status_code == 204


def test_an_organization_of_one_goes_with_the_account(alice, bob, dana, club, found):
    alone, empty = found(bob, "Alone"), found(dana, "Others")
    assert bob.delete("/api/profile/", {"password": PASSWORD}).status_code == 204
    refused(dana.get(alone.path), 404, "not_found")
    assert dana.get(empty.path).status_code == 200
    assert club.roles() == {"Alice": "owner"}


def test_where_only_closed_accounts_are_left_it_waits_for_them(alice, bob, dana, club):
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    assert alice.delete("/api/profile/", {"password": PASSWORD}).status_code == 204
    assert [row["name"] for row in dana.get(club.members).json()["results"]] == ["Bob"]
    dana.patch(f"/api/users/{bob.id}/", {"is_active": True})
    assert dana.patch(club.member(bob), {"role": "owner"}).status_code == 200


def test_one_refusal_keeps_everything_of_the_account(alice, bob, club, found):
    alone = found(alice, "Alone")
    picture = alice.upload().json()["id"]
    refused(alice.delete("/api/profile/", {"password": PASSWORD}), 409, "last_owner")
    assert alice.get(alone.path).json()["role"] == "owner"
    assert alice.get(f"/api/pictures/{picture}/").status_code == 200


def test_making_her_an_owner_again_changes_nothing(alice, club):
    assert alice.patch(club.member(alice), {"role": "owner"}).status_code == 200
