"""Who reads whose e-mail and phone: oneself, administrators, and whom each member chooses in each organization."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import PASSWORD
from tests.http.problems import refused

CONTACTS = {"email", "phone"}
ACCOUNT = {"plan", "usage", "is_staff", "is_active", "last_login", "language", "email_verified"}
# Bob is in an organization of Alice's and in one of Charlie's; Eve is in one alone. Nobody has chosen anything.
READ = {
    "alice": {"alice", "bob"},
    "bob": {"bob"},
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


def choose(someone, club, contacts):
    answer = someone.patch(club.member(someone), {"contacts": contacts})
    assert (answer.status_code, answer.json()["contacts"]) == (200, contacts), answer.content


@pytest.mark.parametrize(
    ("contacts", "readers"), [("none", set()), ("owners", {"alice"}), ("members", {"alice", "charlie"})]
)
def test_a_member_chooses_who_reads_them(alice, bob, charlie, dana, person, club, contacts, readers):
    club.add(charlie, "editor")
    choose(bob, club, contacts)
    people = {"alice": alice, "charlie": charlie, "eve": person("eve")}
    assert {name for name, someone in people.items() if reads(someone, bob) == {True}} == readers
    assert reads(dana, bob) == reads(bob, bob) == {True}


def test_a_choice_holds_for_one_organization(alice, bob, charlie, club, found):
    second = found(charlie, "Swimmers")
    second.add(bob)
    choose(bob, club, "none")
    assert (reads(alice, bob), reads(charlie, bob)) == ({False}, {True})


def test_who_becomes_an_owner_reads_and_who_was_one_does_not(alice, bob, charlie, club):
    club.add(charlie)
    assert reads(charlie, bob) == {False}
    assert alice.patch(club.member(charlie), {"role": "owner"}).status_code == 200
    assert reads(charlie, bob) == {True}
    assert charlie.patch(club.member(alice), {"role": "editor"}).status_code == 200
    assert reads(alice, bob) == {False}


@pytest.mark.parametrize("way", ["join", "profile"])
def test_who_joins_an_open_organization_shows_nothing_and_reads_nothing(alice, bob, charlie, found, way):
    club = found(alice, open=True)
    if way == "join":
        assert charlie.post(f"{club.path}join/").json()["contacts"] == "none"
        assert charlie.post(f"{club.path}join/").json()["contacts"] == "none"
    else:
        assert charlie.patch("/api/profile/", {"organizations": [club.id]}).status_code == 200
    assert reads(alice, charlie) == reads(charlie, alice) == {False}
    choose(charlie, club, "owners")
    assert (reads(alice, charlie), reads(charlie, alice)) == ({True}, {False})
    charlie.patch("/api/profile/", {"organizations": [club.id]})
    assert charlie.post(f"{club.path}join/").json()["contacts"] == "owners"


def test_who_registers_into_an_open_organization_shows_nothing(alice, anonymous, found):
    club = found(alice, open=True)
    body = {"email": "erin@example.com", "password": PASSWORD, "organizations": [club.id]}
    erin = anonymous.post("/api/register/", body).json()["id"]
    assert CONTACTS.isdisjoint(alice.get(f"/api/users/{erin}/").json())


def test_nobody_else_chooses(alice, bob, charlie, dana, club):
    club.add(charlie, "owner")
    for someone in (alice, charlie, dana):
        for body in ({"contacts": "members"}, {"contacts": "none", "role": "editor"}):
            refused(someone.patch(club.member(bob), body), 403, "not_your_contacts")
    # Not even whether it is what an owner guesses.
    refused(alice.patch(club.member(bob), {"contacts": "owners"}), 403, "not_your_contacts")
    for someone in (bob, dana):
        rows = someone.get(club.members).json()["results"]
        row = next(row for row in rows if row["user"] == bob.id)
        assert (row["role"], row["contacts"]) == ("viewer", "owners")


def test_the_choice_is_for_the_member_and_administrators_to_see(alice, bob, dana, club):
    shown = {
        someone.id: [row.get("contacts") for row in someone.get(club.members).json()["results"]]
        for someone in (alice, bob, dana)
    }
    assert shown == {alice.id: ["owners", None], bob.id: [None, "owners"], dana.id: ["owners", "owners"]}


def test_a_member_sends_the_whole_record_back(bob, dana, club):
    record = bob.get(club.members).json()["results"][1]
    assert bob.patch(club.member(bob), record | {"contacts": "none"}).json() == record | {"contacts": "none"}
    refused(bob.patch(club.member(bob), record | {"role": "owner"}), 403, "not_an_owner")
    shown = dana.get(club.members).json()["results"][1]
    assert dana.patch(club.member(bob), shown | {"role": "editor"}).json() == shown | {"role": "editor"}


@pytest.mark.parametrize(("value", "code"), [("all", "invalid_choice"), (None, "null"), (True, "invalid_choice")])
def test_a_choice_that_is_none_is_refused(bob, club, value, code):
    refused(bob.patch(club.member(bob), {"contacts": value}), 400, code, "/contacts")


def test_lists_ask_no_more_for_many_members_than_for_one(alice, person, club):
    paths = ("/api/users/", "/api/organizations/users/", club.members)

    def asked(path):
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(path).status_code == 200
        return len(queries)

    before = [asked(path) for path in paths]
    for number in range(5):
        club.add(person(f"member{number}"))
    assert [asked(path) for path in paths] == before


def test_whoever_leaves_loses_sight_at_once(alice, bob, club):
    choose(alice, club, "members")
    assert reads(bob, alice) == reads(alice, bob) == {True}
    assert bob.delete(club.member(bob)).status_code == 204
    assert reads(bob, alice) == reads(alice, bob) == {False}


def test_whoever_is_removed_loses_sight_at_once(alice, bob, club):
    choose(alice, club, "members")
    alice.delete(club.member(bob))
    assert reads(bob, alice) == reads(alice, bob) == {False}


def test_it_ends_with_the_organization(alice, bob, club):
    choose(alice, club, "members")
    alice.delete(club.path)
    assert reads(bob, alice) == reads(alice, bob) == {False}


def test_whoever_shares_two_keeps_sight_while_one_is_left(alice, bob, club, found):
    second = found(bob, "Swimmers")
    second.add(alice)
    choose(bob, second, "members")
    alice.delete(club.member(bob))
    assert reads(bob, alice) == reads(alice, bob) == {True}


def test_a_closed_account_that_opens_again_is_where_it_was(alice, bob, dana, club):
    dana.patch(f"/api/users/{bob.id}/", {"is_active": False})
    refused(alice.get(f"/api/users/{bob.id}/"), 404, "not_found")
    dana.patch(f"/api/users/{bob.id}/", {"is_active": True})
    assert alice.get(f"/api/users/{bob.id}/").json()["email"] == bob.email


def test_an_email_is_not_found_by_a_search_although_it_may_be_read(alice, bob, club):
    assert alice.get("/api/users/?search=bob@example").json()["results"] == []
