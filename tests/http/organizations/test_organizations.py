"""Organizations themselves (requirements B2, B8, B9): made, read, changed, deleted."""

import pytest

from tests.http.problems import refused

SHAPE = {"id", "name", "description", "open", "role", "created_at"}


def test_the_maker_becomes_the_owner(alice):
    answer = alice.post("/api/organizations/", {"name": "Hikers", "description": "On Sundays"})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == SHAPE
    assert (made["name"], made["description"], made["open"], made["role"]) == ("Hikers", "On Sundays", False, "owner")
    assert made["created_at"].endswith("Z")
    assert alice.get(f"/api/organizations/{made['id']}/").json() == made


def test_a_name_is_enough(alice):
    made = alice.post("/api/organizations/", {"name": "Hikers"}).json()
    assert (made["description"], made["open"]) == ("", False)


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({}, "required", "/name"),
        ({"name": ""}, "blank", "/name"),
        ({"name": "  "}, "blank", "/name"),
        ({"name": None}, "null", "/name"),
        ({"name": ["x"]}, "invalid", "/name"),
        ({"name": True}, "invalid", "/name"),
        ({"name": "x" * 151}, "max_length", "/name"),
        ({"name": "a\0b"}, "null_characters_not_allowed", "/name"),
        ({"name": "x", "description": "x" * 501}, "max_length", "/description"),
        ({"name": "x", "description": None}, "null", "/description"),
        ({"name": "x", "open": "perhaps"}, "invalid", "/open"),
        ({"name": "x", "open": None}, "null", "/open"),
    ],
)
def test_what_is_no_organization_is_refused(alice, club, fields, code, pointer):
    refused(alice.post("/api/organizations/", fields), 400, code, pointer)
    if fields:
        refused(alice.patch(club.path, fields), 400, code, pointer)
        assert alice.get(club.path).json()["name"] == "Hikers"


def test_name_and_description_are_for_everybody_who_is_signed_in(alice, bob, charlie, dana, club):
    for someone, role in ((alice, "owner"), (bob, "viewer"), (charlie, None), (dana, None)):
        shown = someone.get(club.path).json()
        assert (shown["name"], shown["description"], shown["role"]) == ("Hikers", "On Sundays", role)
        assert someone.get("/api/organizations/").json()["results"] == [shown]


def test_owners_and_administrators_change_it(alice, dana, club):
    answer = alice.patch(club.path, {"name": "Walkers"})
    assert (answer.status_code, answer.json()["name"], answer.json()["role"]) == (200, "Walkers", "owner")
    assert answer.json()["description"] == "On Sundays"
    answer = dana.patch(club.path, {"open": True, "description": ""})
    assert (answer.json()["open"], answer.json()["description"], answer.json()["role"]) == (True, "", None)
    assert alice.patch(club.path, {}).json() == alice.get(club.path).json()


def test_nobody_changes_what_is_not_named_in_the_contract(alice, club):
    before = alice.get(club.path).json()
    assert alice.patch(club.path, {"id": 7, "role": "viewer", "created_at": "2000-01-01T00:00:00Z"}).json() == before


def test_a_form_that_does_not_mention_it_closes_nothing(alice, club):
    alice.patch(club.path, {"open": True})
    answer = alice.patch(club.path, {"name": "Walkers"}, format="multipart")
    assert (answer.json()["name"], answer.json()["open"]) == ("Walkers", True)


@pytest.mark.parametrize("role", ["viewer", "editor", None])
def test_others_neither_change_nor_delete_it(bob, charlie, club, role):
    if role:
        club.owner.patch(club.member(bob), {"role": role})
    someone = bob if role else charlie
    refused(someone.patch(club.path, {"name": "Mine"}), 403, "not_an_owner")
    refused(someone.patch(club.path, {"name": ""}), 403, "not_an_owner")
    refused(someone.delete(club.path), 403, "not_an_owner")
    assert someone.get(club.path).json()["name"] == "Hikers"


def test_nobody_gets_nothing(anonymous, club):
    for path in ("/api/organizations/", "/api/organizations/users/", club.path, club.members):
        refused(anonymous.get(path), 401, "not_authenticated")
    refused(anonymous.post("/api/organizations/", {"name": "x"}), 401, "not_authenticated")
    refused(anonymous.post(club.members, {"user": 1}), 401, "not_authenticated")
    refused(anonymous.post(f"{club.path}join/"), 401, "not_authenticated")
    for path in (club.path, club.member(club.owner)):
        refused(anonymous.patch(path, {"role": "viewer"}), 401, "not_authenticated")
        refused(anonymous.delete(path), 401, "not_authenticated")


def test_what_is_not_there_is_not_found(alice, dana):
    for someone in (alice, dana):
        for number in ("999999", "9" * 18, "9" * 50):
            path = f"/api/organizations/{number}/"
            for call in (someone.get, someone.patch, someone.delete):
                refused(call(path), 404, "not_found")
            refused(someone.get(f"{path}members/"), 404, "not_found")
            refused(someone.post(f"{path}members/", {"user": alice.id}), 404, "not_found")
            refused(someone.post(f"{path}join/"), 404, "not_found")


def test_it_goes_with_its_memberships(alice, bob, club):
    assert alice.delete(club.path).status_code == 204
    refused(alice.get(club.path), 404, "not_found")
    refused(alice.delete(club.path), 404, "not_found")
    assert bob.get("/api/profile/").json()["organizations"] == []


def test_an_administrator_deletes_it(dana, club):
    assert dana.delete(club.path).status_code == 204
    assert dana.get("/api/organizations/").json()["results"] == []


def test_an_account_owns_so_many_at_most(alice, bob, dana, found, settings):
    settings.MAX_ORGANIZATIONS = 2
    for someone in (alice, bob, dana, dana):
        found(someone)
    kept = found(alice)
    refused(alice.post("/api/organizations/", {"name": "Third"}), 403, "too_many_organizations")
    assert len(alice.get("/api/organizations/?member=me").json()["results"]) == 2
    assert found(dana).roles() == {"": "owner"}
    assert alice.delete(kept.path).status_code == 204
    found(alice)


def test_two_may_have_one_name(alice, charlie, found):
    assert found(alice, "Hikers").id != found(charlie, "Hikers").id


@pytest.mark.parametrize("end", ["/", ""], ids=["slash", "no slash"])
def test_every_address_answers_with_and_without_its_slash(alice, bob, charlie, end):
    made = alice.post(f"/api/organizations{end}", {"name": "Hikers", "open": True}).json()["id"]
    path = f"/api/organizations/{made}"
    for place in ("/api/organizations", "/api/organizations/users", path, f"{path}/members"):
        assert alice.get(place + end).status_code == 200
        assert alice.head(place + end).status_code == 200
        assert alice.client.options(place + end).status_code == 200
    assert alice.client.options(f"{path}/join{end}").status_code == 200
    assert alice.patch(path + end, {"name": "Walkers"}).status_code == 200
    invitation = alice.post(f"{path}/members{end}", {"user": bob.id}).json()["id"]
    again = alice.post(f"{path}/invitations{end}", {"user": bob.id})
    assert (again.status_code, again.json()["id"]) == (201, invitation)
    assert bob.get(f"/api/invitations{end}").status_code == 200
    assert bob.post(f"/api/invitations/{invitation}/accept{end}").status_code == 200
    assert alice.patch(f"{path}/members/{bob.id}{end}", {"role": "editor"}).status_code == 200
    assert alice.delete(f"{path}/members/{bob.id}{end}").status_code == 204
    assert charlie.post(f"{path}/join{end}").status_code == 200
    assert alice.delete(path + end).status_code == 204


def test_a_browser_sees_a_page(dana, club):
    for path in ("/api/organizations/", "/api/organizations/users/", club.path, club.members):
        answer = dana.get(path, HTTP_ACCEPT="text/html")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("method", "place"),
    [("put", ""), ("post", ""), ("put", "members/"), ("delete", "members/"), ("get", "join/"), ("delete", "join/")],
)
def test_other_methods_are_not_there(alice, club, method, place):
    refused(getattr(alice, method)(club.path + place), 405, "method_not_allowed")
