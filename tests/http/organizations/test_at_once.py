"""Many at the same moment on a real server: an owner stays, and nobody is a member twice."""

from functools import partial

import pytest

from tests.http.problems import refused
from tests.server import let_in


@pytest.fixture
def people(shared_server):
    return [shared_server.register(name) for name in ("alice", "bob", "charlie", "eve")]


def make(owner, *owners, **fields):
    organization = owner.post("/api/organizations/", json={"name": "Hikers", **fields}).json()["id"]
    for someone in owners:
        let_in(owner, organization, someone, "owner")
    return f"/api/organizations/{organization}/"


def owners_of(server, path):
    rows = server.sql(
        "SELECT user_id FROM organizations_membership WHERE organization_id = ? AND role = 'owner'", path.split("/")[3]
    )
    return [row[0] for row in rows]


def ways(path, someone):
    mine = f"{path}members/{someone.user['id']}/"
    return {
        "leave": partial(someone.delete, mine),
        "step down": partial(someone.patch, mine, json={"role": "viewer"}),
        "profile": partial(someone.patch, "/api/profile/", json={"organizations": []}),
    }


@pytest.mark.parametrize("way", ["leave", "step down", "profile"])
def test_of_owners_who_go_at_once_one_stays(shared_server, people, at_once, way):
    path = make(*people)
    answers = at_once(*(ways(path, someone)[way] for someone in people))
    late = [answer for answer in answers if answer.status_code not in (200, 204)]
    assert len(late) == 1
    refused(late[0], 409, "last_owner")
    assert len(owners_of(shared_server, path)) == 1


def test_of_owners_who_delete_themselves_at_once_one_stays(shared_server, people, at_once):
    alice, bob, charlie, eve = people
    path = make(alice, bob, charlie)
    let_in(alice, int(path.split("/")[3]), eve)
    body = {"password": "correct horse battery staple"}
    calls = [partial(someone.request, "DELETE", "/api/profile/", json=body) for someone in (alice, bob, charlie)]
    assert sorted(answer.status_code for answer in at_once(*calls)) == [204, 204, 409]
    assert len(owners_of(shared_server, path)) == 1


def test_two_owners_who_demote_each_other_leave_one(shared_server, people, at_once):
    alice, bob = people[:2]
    path = make(alice, bob)
    for _ in range(3):
        answers = at_once(
            partial(alice.patch, f"{path}members/{bob.user['id']}/", json={"role": "viewer"}),
            partial(bob.patch, f"{path}members/{alice.user['id']}/", json={"role": "viewer"}),
        )
        assert sorted(answer.status_code for answer in answers)[0] == 200
        (owner,) = owners_of(shared_server, path)
        other = bob if owner == alice.user["id"] else alice
        first = alice if other is bob else bob
        first.patch(f"{path}members/{other.user['id']}/", json={"role": "owner"})


def test_joining_at_once_is_joining_once(shared_server, people, at_once):
    alice, bob = people[:2]
    path = make(alice, open=True)
    number = int(path.split("/")[3])
    joins = [partial(bob.post, f"{path}join/")] * 6
    changes = [partial(bob.patch, "/api/profile/", json={"organizations": [number]})] * 4
    assert {answer.status_code for answer in at_once(*joins, *changes)} == {200}
    rows = shared_server.sql(
        "SELECT role FROM organizations_membership WHERE organization_id = ? AND user_id = ?", number, bob.user["id"]
    )
    assert rows == [("viewer",)]


def test_adding_at_once_is_adding_once(shared_server, people, at_once):
    alice, bob = people[:2]
    path = make(alice)
    shared_server.sql("UPDATE accounts_user SET is_staff = TRUE WHERE id = ?", alice.user["id"])
    answers = at_once(*[partial(alice.post, f"{path}members/", json={"email": bob.email})] * 8)
    late = [answer for answer in answers if answer.status_code != 201]
    assert len(late) == 7
    for answer in late:
        refused(answer, 409, "already_member")


def test_changes_during_a_deletion_are_no_failures(people, at_once):
    alice, bob, charlie, eve = people
    for _ in range(3):
        path = make(alice, bob, open=True)
        answers = at_once(
            partial(alice.delete, path),
            partial(bob.patch, path, json={"name": "Walkers"}),
            partial(bob.patch, f"{path}members/{bob.user['id']}/", json={"role": "editor"}),
            partial(charlie.post, f"{path}join/"),
            partial(bob.post, f"{path}members/", json={"user": eve.user["id"]}),
        )
        assert answers[0].status_code == 204
        assert {answer.status_code for answer in answers} <= {200, 201, 202, 204, 403, 404}
