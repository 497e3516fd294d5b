"""Who reads whose e-mail and phone: oneself, administrators, and those who share an organization."""

import pytest

from tests.http.problems import refused

CONTACTS = {"email", "phone"}
ACCOUNT = {"plan", "usage", "is_staff", "is_active", "last_login", "language"}
# Alice and Bob share an organization, Bob and Charlie another; Eve is in one alone.
READ = {
    "alice": {"alice", "bob"},
    "bob": {"alice", "bob", "charlie"},
    "charlie": {"bob", "charlie"},
    "dana": {"alice", "bob", "charlie", "dana", "eve"},
    "eve": {"eve"},
}


@pytest.fixture
def cast(alice, bob, charlie, dana, person, club, found):
    second = found(charlie, "Swimmers")
    second.add(bob, "editor")
    eve = person("eve")
    found(eve, "Alone", open=True)
    return {"alice": alice, "bob": bob, "charlie": charlie, "dana": dana, "eve": eve}


def everywhere(viewer, user):
    """The user's record as it stands in each place where the viewer meets it."""
    yield viewer.get(f"/api/users/{user.id}/").json()
    yield next(row for row in viewer.get("/api/users/").json()["results"] if row["id"] == user.id)
    for row in viewer.get("/api/organizations/users/").json()["results"]:
        yield from (shown for shown in row["users"] if shown["id"] == user.id)


@pytest.mark.parametrize("viewer", READ)
def test_who_reads_whose(cast, viewer):
    for name, user in cast.items():
        for shown in everywhere(cast[viewer], user):
            assert (set(shown) >= CONTACTS) is (name in READ[viewer]), (name, shown)
            assert bool(CONTACTS & set(shown)) is (name in READ[viewer]), (name, shown)
            assert bool(ACCOUNT & set(shown)) is (viewer in (name, "dana")), (name, shown)
            if name in READ[viewer]:
                assert shown["email"] == user.email


def reads(viewer, user):
    return {set(shown) >= CONTACTS for shown in everywhere(viewer, user)}


def test_whoever_leaves_loses_sight_at_once(alice, bob, club):
    assert reads(bob, alice) == reads(alice, bob) == {True}
    assert bob.delete(club.member(bob)).status_code == 204
    assert reads(bob, alice) == reads(alice, bob) == {False}


def test_whoever_is_removed_loses_sight_at_once(alice, bob, club):
    alice.delete(club.member(bob))
    assert reads(bob, alice) == reads(alice, bob) == {False}


def test_it_ends_with_the_organization(alice, bob, club):
    alice.delete(club.path)
    assert reads(bob, alice) == reads(alice, bob) == {False}


def test_whoever_shares_two_keeps_sight_while_one_is_left(alice, bob, club, found):
    found(bob, "Swimmers").add(alice)
    alice.delete(club.member(bob))
    assert reads(bob, alice) == reads(alice, bob) == {True}


def test_a_closed_account_that_opens_again_is_where_it_was(alice, bob, dana, club):
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    refused(alice.get(f"/api/users/{bob.id}/"), 404, "not_found")
    dana.patch(f"/api/users/{bob.id}/", {"is_active": True})
    assert alice.get(f"/api/users/{bob.id}/").json()["email"] == bob.email


def test_an_email_is_not_found_by_a_search_although_it_may_be_read(alice, bob, club):
    assert alice.get("/api/users/?search=bob@example").json()["results"] == []
