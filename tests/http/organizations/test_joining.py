"""Joining what is open, by oneself."""

import base64
from pathlib import Path

import pytest

from tests import pictures
from tests.conftest import PASSWORD
from tests.http.problems import refused

EVE = {"email": "eve@example.com", "password": PASSWORD, "first_name": "Eve"}


@pytest.fixture
def open_club(alice, found):
    return found(alice, "Runners", open=True)


def test_anybody_joins_an_open_one_as_a_viewer(charlie, open_club):
    answer = charlie.post(f"{open_club.path}join/")
    assert (answer.status_code, answer.json()["user"], answer.json()["role"]) == (200, charlie.id, "viewer")
    assert open_club.roles() == {"Alice": "owner", "Charlie": "viewer"}


@pytest.mark.parametrize("body", [{"role": "owner"}, {"user": 1}])
def test_no_body_makes_it_more(charlie, open_club, body):
    refused(charlie.post(f"{open_club.path}join/", body), 400, "unknown_field", f"/{next(iter(body))}")
    assert len(open_club.roles()) == 1


def test_joining_twice_is_joining_once(alice, charlie, open_club):
    first = charlie.post(f"{open_club.path}join/").json()
    assert charlie.post(f"{open_club.path}join/").json() == first
    assert alice.post(f"{open_club.path}join/").json()["role"] == "owner"
    assert len(open_club.roles()) == 2


def test_a_closed_one_refuses(bob, charlie, dana, club):
    for stranger in (charlie, dana):
        refused(stranger.post(f"{club.path}join/"), 403, "organization_closed")
    assert bob.post(f"{club.path}join/").json()["role"] == "viewer"
    assert len(club.roles()) == 2


def test_closing_it_keeps_its_members_and_lets_nobody_back(alice, charlie, open_club):
    charlie.post(f"{open_club.path}join/")
    alice.patch(open_club.path, {"open": False})
    assert charlie.post(f"{open_club.path}join/").status_code == 200
    assert charlie.delete(open_club.member(charlie)).status_code == 204
    refused(charlie.post(f"{open_club.path}join/"), 403, "organization_closed")


def test_a_profile_change_joins_and_leaves(alice, bob, club, open_club, found):
    other = found(alice, "Swimmers", open=True)
    answer = bob.patch("/api/profile/", {"organizations": [open_club.id, other.id], "last_name": "Brown"})
    assert answer.status_code == 200
    assert answer.json()["organizations"] == [
        {"id": open_club.id, "name": "Runners", "description": "", "role": "viewer"},
        {"id": other.id, "name": "Swimmers", "description": "", "role": "viewer"},
    ]
    assert bob.get("/api/profile/").json() == answer.json()
    assert club.roles() == {"Alice": "owner"}
    assert bob.put("/api/profile/", {"organizations": []}).json()["organizations"] == []


def test_what_a_profile_change_names_again_stays_as_it_was(alice, bob, club):
    alice.patch(club.member(bob), {"role": "editor"})
    answer = bob.patch("/api/profile/", {"organizations": [club.id, club.id]})
    assert [row["role"] for row in answer.json()["organizations"]] == ["editor"]


def test_a_profile_change_that_does_not_name_them_changes_none(bob, club):
    for form in ("json", "multipart"):
        answer = bob.put("/api/profile/", {"last_name": "Brown"}, format=form)
        assert [row["id"] for row in answer.json()["organizations"]] == [club.id]


def test_a_form_names_them_too(bob, open_club):
    answer = bob.put("/api/profile/", {"organizations": [open_club.id]}, format="multipart")
    assert [row["id"] for row in answer.json()["organizations"]] == [open_club.id]


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ("closed", 403, "organization_closed"),
        ("unknown", 400, "unknown_organization"),
    ],
)
def test_all_of_a_profile_change_or_nothing(charlie, club, open_club, wanted, status, code):
    before = charlie.get("/api/profile/").json()
    ids = [open_club.id, club.id if wanted == "closed" else 999_999]
    refused(charlie.patch("/api/profile/", {"organizations": ids, "last_name": "X"}), status, code, "/organizations")
    assert charlie.get("/api/profile/").json() == before


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (None, "null", "/organizations"),
        ("x", "not_a_list", "/organizations"),
        (5, "not_a_list", "/organizations"),
        ({"id": 5}, "not_a_list", "/organizations"),
        (["x"], "invalid", "/organizations/0"),
        ([1, None], "null", "/organizations/1"),
        ([0], "min_value", "/organizations/0"),
        ([2**63], "max_value", "/organizations/0"),
        ([[1]], "invalid", "/organizations/0"),
        (list(range(1, 1002)), "max_length", "/organizations"),
    ],
)
def test_what_is_no_list_of_ids_is_refused(bob, club, value, code, pointer):
    refused(bob.patch("/api/profile/", {"organizations": value}), 400, code, pointer)
    assert len(club.roles()) == 2


def test_a_thousand_at_once_take_no_more_queries_than_a_few(bob, alice, django_assert_max_num_queries):
    from albumen.organizations.models import Organization

    made = Organization.objects.bulk_create(Organization(name=f"Club {n}", open=True) for n in range(1000))
    with django_assert_max_num_queries(25):
        answer = bob.patch("/api/profile/", {"organizations": [row.pk for row in made]})
    assert len(answer.json()["organizations"]) == 1000


def test_whoever_registers_joins_the_open_ones(anonymous, alice, open_club):
    answer = anonymous.post("/api/register/", EVE | {"organizations": [open_club.id]})
    assert answer.status_code == 201
    (joined,) = answer.json()["organizations"]
    assert (joined["id"], joined["role"]) == (open_club.id, "viewer")
    assert open_club.roles()["Eve"] == "viewer"
    (told,) = alice.get("/api/events/").json()["results"][-1:]
    assert (told["type"], told["data"]["user"]) == ("organization.member_added", answer.json()["id"])


def test_where_one_is_closed_or_unknown_nobody_is_registered(anonymous, club, open_club, settings):
    for other, status, code in ((club.id, 403, "organization_closed"), (999_999, 400, "unknown_organization")):
        body = EVE | {"organizations": [open_club.id, other], "avatar": base64.b64encode(pictures.png()).decode()}
        for key in ({}, {"HTTP_IDEMPOTENCY_KEY": "a-key"}):
            problem = refused(anonymous.post("/api/register/", body, **key), status, code, "/organizations")
            assert "Hikers" not in problem["detail"]
    login = {"email": EVE["email"], "password": PASSWORD}
    refused(anonymous.post("/api/login/", login), 401, "invalid_credentials")
    assert len(open_club.roles()) == 1
    assert [path for path in Path(settings.MEDIA_ROOT, "avatars").rglob("*") if path.is_file()] == []
    assert anonymous.post("/api/register/", EVE).status_code == 201
