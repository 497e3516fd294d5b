"""Making, reading, changing and deleting an album."""

import pytest

from tests.http.conftest import Studio, ids, new_album, put_in, rows_of
from tests.http.problems import refused

FIELDS = {
    *("id", "name", "description", "owner", "organization", "visibility", "picture_count", "cover"),
    *("created_at", "updated_at"),
}


def test_an_album_needs_no_more_than_a_name(alice):
    answer = alice.post("/api/albums/", {"name": " Summer "})
    assert answer.status_code == 201
    album = answer.json()
    assert set(album) == FIELDS
    assert (album["name"], album["description"], album["owner"]) == ("Summer", "", alice.id)
    assert (album["organization"], album["visibility"], album["picture_count"], album["cover"]) == (
        None,
        "private",
        0,
        None,
    )
    assert alice.get(f"/api/albums/{album['id']}/").json() == album


def test_every_field_can_be_given_and_changed(alice, studio):
    body = {"name": "a", "description": "b", "organization": studio.id, "visibility": "organization"}
    made = alice.post("/api/albums/", body).json()
    assert {name: made[name] for name in body} == body
    body = {"name": "c", "description": "", "organization": None, "visibility": "public"}
    changed = alice.patch(f"/api/albums/{made['id']}/", body).json()
    assert {name: changed[name] for name in body} == body
    assert changed["created_at"] == made["created_at"]
    assert changed["updated_at"] > made["updated_at"]
    assert alice.get(f"/api/albums/{made['id']}").json() == changed


def test_what_is_not_named_stays(alice, studio):
    album = new_album(alice, description="b", organization=studio.id, visibility="organization")
    before = alice.get(f"/api/albums/{album}/").json()
    after = alice.patch(f"/api/albums/{album}/", {"name": "Winter"}).json()
    assert after == {**before, "name": "Winter", "updated_at": after["updated_at"]}


REFUSED = [
    ({"name": ""}, "blank", "/name"),
    ({"name": "  "}, "blank", "/name"),
    ({"name": None}, "null", "/name"),
    ({"name": "x" * 151}, "max_length", "/name"),
    ({"name": "a\0"}, "null_characters_not_allowed", "/name"),
    ({"name": {}}, "invalid", "/name"),
    ({"description": "x" * 2001}, "max_length", "/description"),
    ({"description": None}, "null", "/description"),
    ({"visibility": "secret"}, "invalid_choice", "/visibility"),
    ({"visibility": None}, "null", "/visibility"),
    ({"visibility": "organization"}, "organization_needed", "/organization"),
    ({"organization": 0}, "min_value", "/organization"),
    ({"organization": 2**63}, "max_value", "/organization"),
    ({"organization": "Studio"}, "invalid", "/organization"),
    ({"organization": 2**40}, "not_an_editor", "/organization"),
]


@pytest.mark.parametrize(("body", "code", "pointer"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_is_refused_when_made_and_when_changed(alice, body, code, pointer):
    refused(alice.post("/api/albums/", {"name": "Summer", **body}), 400, code, pointer)
    assert ids(alice.get("/api/albums/")) == []
    album = new_album(alice)
    before = alice.get(f"/api/albums/{album}/").json()
    refused(alice.patch(f"/api/albums/{album}/", body), 400, code, pointer)
    assert alice.get(f"/api/albums/{album}/").json() == before


def test_a_name_is_needed_and_bodies_are_objects(alice):
    refused(alice.post("/api/albums/", {}), 400, "required", "/name")
    refused(alice.post("/api/albums/", "[1]", content_type="application/json"), 400, "malformed_json")
    refused(alice.post("/api/albums/", "<a/>", content_type="text/xml"), 415, "unsupported_media_type")


def test_names_of_the_longest_length_and_of_any_script_are_kept(alice):
    for name in ("x" * 150, "Ёлка 🎄", "عيد", "e\u0301lan"):
        assert alice.get(f"/api/albums/{new_album(alice, name=name)}/").json()["name"] == name


def test_what_the_server_counts_cannot_be_written(alice, bob):
    counted = {"picture_count": 7, "created_at": "2001-01-01T00:00:00Z"}
    refused(alice.post("/api/albums/", {"name": "Summer", **counted}), 400, "unknown_field", "/picture_count")
    album = new_album(alice)
    assert alice.patch(f"/api/albums/{album}/", {**counted, "id": 99, "owner": alice.id}).status_code == 200
    refused(alice.patch(f"/api/albums/{album}/", {"owner": bob.id}), 400, "owner_not_yourself", "/owner")
    shown = alice.get(f"/api/albums/{album}/").json()
    assert (shown["id"], shown["owner"], shown["picture_count"], shown["cover"]) == (album, alice.id, 0, None)
    assert shown["created_at"] > "2024"


def test_only_owners_and_editors_hang_albums_into_an_organization(alice, bob, charlie, studio):
    assert new_album(bob, organization=studio.id, visibility="organization")
    body = {"name": "Mine", "organization": studio.id, "visibility": "organization"}
    refused(charlie.post("/api/albums/", body), 400, "not_an_editor", "/organization")
    studio.add(charlie, "viewer")
    refused(charlie.post("/api/albums/", body), 400, "not_an_editor", "/organization")


def test_an_album_moves_between_organizations_that_one_edits(alice, bob, charlie, studio):
    other = Studio(charlie, "Other")
    album = new_album(alice, organization=studio.id, visibility="organization")
    refused(alice.patch(f"/api/albums/{album}/", {"organization": other.id}), 400, "not_an_editor", "/organization")
    assert bob.get(f"/api/albums/{album}/").status_code == 200
    other.add(alice, "editor")
    assert alice.patch(f"/api/albums/{album}/", {"organization": other.id}).json()["organization"] == other.id
    refused(bob.get(f"/api/albums/{album}/"), 404, "not_found")
    assert charlie.get(f"/api/albums/{album}/").status_code == 200


def test_an_album_that_is_taken_out_of_its_organization_is_private(alice, bob, studio):
    album = new_album(alice, organization=studio.id, visibility="organization")
    path = f"/api/albums/{album}/"
    shown = {"organization": None, "visibility": "organization"}
    refused(alice.patch(path, shown), 400, "organization_needed", "/organization")
    taken = alice.patch(path, {"organization": None}).json()
    assert (taken["organization"], taken["visibility"]) == (None, "private")
    refused(bob.get(path), 404, "not_found")


def test_a_public_album_stays_public_where_its_owner_takes_it_out(alice, studio):
    album = new_album(alice, organization=studio.id, visibility="public")
    taken = alice.patch(f"/api/albums/{album}/", {"organization": None}).json()
    assert (taken["organization"], taken["visibility"]) == (None, "public")


def test_a_private_album_does_not_name_an_organization_that_its_owner_left(alice, bob, studio):
    withheld, shown = (new_album(bob, organization=studio.id, visibility=one) for one in ("private", "organization"))
    path = f"/api/albums/{withheld}/"
    studio.remove(bob)
    assert bob.get(path).json()["organization"] is None
    refused(bob.patch(path, {"visibility": "organization"}), 400, "organization_needed", "/organization")
    refused(bob.patch(path, {"organization": studio.id}), 400, "not_an_editor", "/organization")
    assert bob.patch(path, {"visibility": "public"}).status_code == 200
    assert alice.get(f"/api/albums/{shown}/").json()["organization"] == studio.id


def test_administrators_change_any_album_into_any_organization_that_there_is(alice, bob, dana, studio):
    album = new_album(alice)
    path = f"/api/albums/{album}/"
    refused(dana.patch(path, {"organization": 2**40}), 400, "not_an_editor", "/organization")
    refused(dana.post("/api/albums/", {"name": "a", "organization": 2**40}), 400, "not_an_editor", "/organization")
    changed = dana.patch(path, {"organization": studio.id, "visibility": "organization"})
    assert (changed.status_code, changed.json()["owner"]) == (200, alice.id)
    assert ids(bob.get("/api/albums/")) == [album]


def test_editors_choose_the_cover_and_nothing_else(alice, bob, charlie, studio):
    studio.add(charlie, "viewer")
    album = new_album(alice, organization=studio.id, visibility="organization")
    first, second = rows_of(alice, 2)
    put_in(alice, album, first, second)
    path = f"/api/albums/{album}/"
    assert bob.patch(path, {"cover": second}).json()["cover"] == second
    refused(bob.patch(path, {"cover": first, "name": "Bob's"}), 403, "permission_denied")
    refused(charlie.patch(path, {"cover": first}), 403, "permission_denied")
    assert alice.get(path).json()["cover"] == second


def test_deleting_an_album_keeps_its_pictures(alice):
    album, picture = new_album(alice), alice.upload().json()["id"]
    put_in(alice, album, picture)
    assert alice.delete(f"/api/albums/{album}/").status_code == 204
    refused(alice.get(f"/api/albums/{album}/"), 404, "not_found")
    refused(alice.get(f"/api/albums/{album}/pictures/"), 404, "not_found")
    refused(alice.delete(f"/api/albums/{album}/"), 404, "not_found")
    assert alice.get(f"/api/pictures/{picture}/").json()["albums"] == []


def test_deleting_an_album_with_its_pictures_trashes_those_of_its_owner_alone(alice, bob, studio):
    shared = {"organization": studio.id, "visibility": "organization"}
    album, other = new_album(alice, **shared), new_album(alice, **shared)
    hers, also_elsewhere = rows_of(alice, 2)
    (his,) = rows_of(bob, 1)
    put_in(alice, album, hers, also_elsewhere)
    put_in(alice, other, also_elsewhere)
    put_in(bob, album, his)
    assert alice.delete(f"/api/albums/{album}/?pictures=delete").status_code == 204
    assert sorted(ids(alice.get("/api/trash/"))) == [hers, also_elsewhere]
    assert ids(bob.get("/api/pictures/")) == [his]
    assert alice.get(f"/api/albums/{other}/").json()["picture_count"] == 0
    assert alice.post("/api/trash/restore/", {}).json() == {"restored": 2}
    assert alice.get(f"/api/albums/{other}/").json()["picture_count"] == 1


def test_an_administrator_who_deletes_an_album_trashes_its_owners_pictures(alice, dana):
    album, (hers,) = new_album(alice), rows_of(alice, 1)
    put_in(alice, album, hers)
    assert dana.delete(f"/api/albums/{album}/?pictures=delete").status_code == 204
    assert ids(alice.get("/api/trash/")) == [hers]


def test_a_misspelt_way_of_deleting_deletes_nothing(alice):
    album = new_album(alice)
    for query in ("pictures=all", "pictures=", "pictures=DELETE"):
        refused(alice.delete(f"/api/albums/{album}/?{query}"), 400, "invalid_choice", "/pictures")
    assert alice.delete(f"/api/albums/{album}/?pictures=keep").status_code == 204


def test_an_album_that_is_asked_for_again_is_made_once(alice):
    key = {"HTTP_IDEMPOTENCY_KEY": "summer-1"}
    first, second = (alice.post("/api/albums/", {"name": "Summer"}, **key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    refused(alice.post("/api/albums/", {"name": "Winter"}, **key), 409, "idempotency_key_reused")
    assert ids(alice.get("/api/albums/")) == [first.json()["id"]]


def test_an_organization_is_not_deleted_while_it_owns_albums(alice, bob, studio):
    hers, his = (new_album(person, organization=studio.id, visibility="organization") for person in (alice, bob))
    studio.remove(bob)
    refused(alice.delete(f"/api/organizations/{studio.id}/"), 409, "organization_owns_albums")
    assert sorted(ids(alice.get(f"/api/albums/?organization={studio.id}"))) == [hers, his]
    assert alice.delete(f"/api/albums/{hers}/").status_code == 204
    assert alice.patch(f"/api/albums/{his}/", {"organization": None}).status_code == 200
    assert alice.delete(f"/api/organizations/{studio.id}/").status_code == 204
    assert ids(bob.get("/api/albums/")) == [his]


def test_a_private_album_does_not_keep_an_organization_from_being_deleted(alice, bob, studio):
    album = new_album(bob, organization=studio.id)
    assert alice.delete(f"/api/organizations/{studio.id}/").status_code == 204
    assert bob.get(f"/api/albums/{album}/").json()["organization"] is None


@pytest.mark.parametrize("name", ["\u202e\u200d", "\u200b \u2060"])
def test_an_album_needs_a_name_that_can_be_seen(alice, name):
    refused(alice.post("/api/albums/", {"name": name}), 400, "blank", "/name")
    album = new_album(alice, name="One\nline")
    assert alice.get(f"/api/albums/{album}/").json()["name"] == "One line"
    refused(alice.patch(f"/api/albums/{album}/", {"name": name}), 400, "blank", "/name")
    assert alice.get(f"/api/albums/{album}/").json()["name"] == "One line"
