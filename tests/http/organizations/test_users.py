"""Users with their organizations, and organizations with their users (requirements B6, B7, B10)."""

import pytest
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from tests.http.problems import refused


def test_every_shape_of_a_user_has_the_organizations(alice, bob, charlie, club):
    theirs = [{"id": club.id, "name": "Hikers", "description": "On Sundays", "role": "viewer"}]
    login = APIClient().post("/api/login/", {"email": bob.email, "password": PASSWORD})
    assert login.json()["user"]["organizations"] == theirs
    assert bob.get("/api/profile/").json()["organizations"] == theirs
    assert bob.patch("/api/profile/", {"last_name": "Brown"}).json()["organizations"] == theirs
    for someone in (alice, charlie):
        assert someone.get(f"/api/users/{bob.id}/").json()["organizations"] == theirs
        listed = {user["id"]: user["organizations"] for user in someone.get("/api/users/").json()["results"]}
        assert listed == {alice.id: [theirs[0] | {"role": "owner"}], bob.id: theirs} | (
            {charlie.id: []} if charlie.id in listed else {}
        )


def test_users_are_narrowed_to_an_organization(alice, bob, charlie, club):
    rows = charlie.get(f"/api/users/?organization={club.id}").json()["results"]
    assert [user["id"] for user in rows] == [alice.id, bob.id]
    rows = charlie.get(f"/api/users/?organization={club.id}&search=bob&ordering=-id").json()["results"]
    assert [user["id"] for user in rows] == [bob.id]
    assert charlie.get("/api/users/?organization=999999").json()["results"] == []


@pytest.mark.parametrize("value", ["", "x", "0", "-1", "1.5", "9" * 30])
def test_what_is_no_organization_is_refused(alice, value):
    answer = alice.get(f"/api/users/?organization={value}")
    refused(answer, 400, answer.json()["code"], "/organization")


def test_organizations_come_with_their_users(alice, bob, charlie, club, found):
    empty = found(charlie, "Swimmers")
    rows = charlie.get("/api/organizations/users/").json()["results"]
    assert [row["id"] for row in rows] == [club.id, empty.id]
    assert [user["id"] for user in rows[0]["users"]] == [alice.id, bob.id]
    assert rows[0]["users"][1] == charlie.get(f"/api/users/{bob.id}/").json()
    assert (rows[0]["role"], rows[0]["users_truncated"]) == (None, False)
    assert [user["id"] for user in rows[1]["users"]] == [charlie.id]


@pytest.mark.parametrize("extra", [47, 48, 49, 150])
def test_fifty_users_are_shown_and_the_list_says_where_more_are(alice, charlie, club, found, extra):
    from albumen.accounts.models import User
    from albumen.organizations.models import Membership

    other = found(charlie, "Swimmers")
    plan = alice.get("/api/profile/").json()["plan"]
    crowd = User.objects.bulk_create(User(email=f"sam{n}@example.com", plan_id=plan) for n in range(extra))
    Membership.objects.bulk_create(Membership(organization_id=club.id, user=user) for user in crowd)
    rows = charlie.get("/api/organizations/users/").json()["results"]
    assert (len(rows[0]["users"]), rows[0]["users_truncated"]) == (min(extra + 2, 50), extra > 48)
    assert [user["id"] for user in rows[0]["users"]][:3] == [alice.id, club_member(club), crowd[0].pk]
    assert [user["id"] for user in rows[1]["users"]] == [other.owner.id]
    assert len(charlie.get(f"/api/users/?organization={club.id}&page_size=200").json()["results"]) == extra + 2


def club_member(club):
    return club.owner.get(f"{club.members}?role=viewer").json()["results"][0]["user"]


def test_the_lists_cost_the_same_however_long_they_are(alice, bob, club, found, person, django_assert_num_queries):
    def cost():
        # Who asks, the rows, and those of who asks; with users also memberships and what these lead to.
        with django_assert_num_queries(4):
            alice.get("/api/users/")
        with django_assert_num_queries(2):
            alice.get("/api/organizations/")
        with django_assert_num_queries(3):
            alice.get(club.members)
        with django_assert_num_queries(5):
            alice.get("/api/organizations/users/")

    cost()
    for name in ("carol", "eve", "frank"):
        member = person(name)
        club.add(member)
        found(member, name).add(bob)
    cost()
