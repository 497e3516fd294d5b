"""The directory of users (requirements B6, B7, B17): who sees what of whom."""

import pytest

from tests.http.problems import refused

OPEN = {"id", "name", "first_name", "last_name", "avatar", "organizations", "date_joined"}
CONTACTS = {"email", "phone"}
ACCOUNT = {"plan", "usage", "is_staff", "is_active", "last_login", "language", "email_verified"}
# For the user alone.
PRIVATE = {"pending_email"}


def test_a_stranger_sees_the_names_alone(alice, charlie):
    shown = charlie.get(f"/api/users/{alice.id}/").json()
    assert set(shown) == OPEN
    listed = {user["id"]: user for user in charlie.get("/api/users/").json()["results"]}
    assert listed[alice.id] == shown
    assert set(listed[charlie.id]) == OPEN | CONTACTS | ACCOUNT | PRIVATE


def test_administrators_see_all_of_everybody(alice, dana):
    for user in dana.get("/api/users/").json()["results"]:
        assert set(user) - PRIVATE == OPEN | CONTACTS | ACCOUNT
    own = alice.get("/api/profile/").json()
    assert dana.get(f"/api/users/{alice.id}/").json() | {"pending_email": None} == own


def test_nobody_sees_nothing(anonymous, alice):
    for path in ("/api/users/", f"/api/users/{alice.id}/", f"/api/users/{alice.id}/avatar/", "/api/users/999999/"):
        refused(anonymous.get(path), 401, "not_authenticated")


def test_an_unknown_user_is_not_found(alice, dana):
    for someone in (alice, dana):
        refused(someone.get("/api/users/999999/"), 404, "not_found")


def test_a_search_goes_through_names(alice, bob, person):
    person("carol", first_name="Carol", last_name="Bobbins")
    found = [user["name"] for user in alice.get("/api/users/?search=BOB").json()["results"]]
    assert found == ["Bob", "Carol Bobbins"]
    assert len(alice.get("/api/users/?search=carol bobb").json()["results"]) == 1
    assert alice.get("/api/users/?search=%25").json()["results"] == []
    assert alice.get("/api/users/?search=_").json()["results"] == []


def test_a_search_finds_emails_for_administrators_alone(alice, bob, dana):
    assert alice.get("/api/users/?search=example.com").json()["results"] == []
    assert len(dana.get("/api/users/?search=example.com").json()["results"]) == 3


@pytest.mark.parametrize(("ordering", "names"), [("first_name", "ABC"), ("-first_name", "CBA"), ("-id", "CBA")])
def test_an_order_can_be_chosen(alice, bob, charlie, ordering, names):
    rows = alice.get(f"/api/users/?ordering={ordering}").json()["results"]
    assert "".join(user["name"][0] for user in rows) == names


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("colour=red", "unknown_parameter", "/colour"),
        ("email=alice@example.com", "unknown_parameter", "/email"),
        ("ordering=colour", "unknown_ordering", "/ordering"),
        ("ordering=password", "unknown_ordering", "/ordering"),
        ("ordering=email", "unknown_ordering", "/ordering"),
        ("ordering=--id", "unknown_ordering", "/ordering"),
        ("ordering=", "unknown_ordering", "/ordering"),
        ("ordering=id&ordering=-id", "repeated_parameter", "/ordering"),
        ("page_size=0", "invalid", "/page_size"),
        ("page_size=201", "invalid", "/page_size"),
        ("page_size=-1", "invalid", "/page_size"),
        ("page_size=ten", "invalid", "/page_size"),
        ("page_size=1.0", "invalid", "/page_size"),
        ("page_size=", "invalid", "/page_size"),
        ("page_size=" + "9" * 5000, "invalid", "/page_size"),
        ("search=" + "x" * 201, "max_length", "/search"),
    ],
)
def test_an_unknown_word_is_refused(alice, query, code, pointer):
    refused(alice.get(f"/api/users/?{query}"), 400, code, pointer)


@pytest.mark.parametrize("page_size", [1, 200])
def test_page_sizes_up_to_two_hundred_work(alice, page_size):
    assert alice.get(f"/api/users/?page_size={page_size}").status_code == 200


def test_a_list_costs_the_same_however_long_it_is(alice, bob, person, django_assert_num_queries):
    # Who asks, the users, their organizations, and those of who asks.
    with django_assert_num_queries(4):
        alice.get("/api/users/")
    for name in ("charlie", "eve"):
        person(name)
    with django_assert_num_queries(4):
        assert len(alice.get("/api/users/").json()["results"]) == 4
