"""The trash: every way to a deleted picture closes at once, and opens again after a restore."""

import pytest

from tests.http.library.conftest import body_of
from tests.http.problems import refused


@pytest.fixture
def picture(alice):
    alice.use_plan(original=True, expiring_links=True)
    return alice.upload(expiring_time_seconds=3000).json()


def test_a_deleted_picture_is_gone_everywhere_at_once(alice, dana, anonymous, picture):
    own = f"/api/pictures/{picture['id']}/"
    seen_by_dana = dana.get(own).json()["original"]
    assert alice.delete(own).status_code == 204
    refused(anonymous.get(picture["thumbnails"][0]["url"]), 404, "not_found")
    refused(anonymous.get(picture["original"]), 404, "not_found")
    refused(anonymous.get(seen_by_dana), 404, "not_found")
    refused(anonymous.get(picture["expiring_link"]["url"]), 410, "link_ended")
    for call in (alice.get, alice.patch, alice.delete, dana.get):
        refused(call(own), 404, "not_found")
    refused(alice.post(f"{own}links/", {"expiring_time_seconds": 300}), 404, "not_found")
    assert alice.get("/api/pictures/").json()["results"] == []


def test_a_restored_picture_is_back_with_every_link(alice, anonymous, picture):
    alice.delete(f"/api/pictures/{picture['id']}/")
    assert [item["id"] for item in alice.get("/api/trash/").json()["results"]] == [picture["id"]]
    answer = alice.post(f"/api/pictures/{picture['id']}/restore/")
    assert (answer.status_code, answer.json()["id"]) == (200, picture["id"])
    assert alice.get("/api/trash/").json()["results"] == []
    for url in (picture["thumbnails"][0]["url"], picture["original"], picture["expiring_link"]["url"]):
        assert anonymous.get(url).status_code == 200
    refused(alice.post(f"/api/pictures/{picture['id']}/restore/"), 404, "not_found")


def test_a_purged_picture_never_comes_back(alice, anonymous, picture):
    alice.delete(f"/api/pictures/{picture['id']}/")
    assert alice.delete(f"/api/trash/{picture['id']}/").status_code == 204
    refused(alice.delete(f"/api/trash/{picture['id']}/"), 404, "not_found")
    refused(alice.post(f"/api/pictures/{picture['id']}/restore/"), 404, "not_found")
    refused(anonymous.get(picture["expiring_link"]["url"]), 410, "link_ended")
    refused(alice.get(f"/api/links/{picture['expiring_link']['id']}/"), 404, "not_found")
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}


def test_only_what_is_in_the_trash_can_be_purged(alice, anonymous, picture):
    refused(alice.delete(f"/api/trash/{picture['id']}/"), 404, "not_found")
    refused(alice.post(f"/api/pictures/{picture['id']}/restore/"), 404, "not_found")
    assert anonymous.get(picture["thumbnails"][0]["url"]).status_code == 200


def test_nobody_else_reaches_it_there(alice, charlie, anonymous, picture):
    alice.delete(f"/api/pictures/{picture['id']}/")
    assert charlie.get("/api/trash/").json()["results"] == []
    refused(charlie.post(f"/api/pictures/{picture['id']}/restore/"), 404, "not_found")
    refused(charlie.delete(f"/api/trash/{picture['id']}/"), 404, "not_found")
    for call, path in ((anonymous.get, "/api/trash/"), (anonymous.delete, f"/api/trash/{picture['id']}/")):
        refused(call(path), 401, "not_authenticated")
    assert len(alice.get("/api/trash/").json()["results"]) == 1


def test_an_administrator_restores_and_purges_for_others(alice, dana, picture):
    alice.delete(f"/api/pictures/{picture['id']}/")
    assert dana.get("/api/trash/").json()["results"] == []
    assert dana.post(f"/api/pictures/{picture['id']}/restore/").status_code == 200
    dana.delete(f"/api/pictures/{picture['id']}/")
    assert dana.delete(f"/api/trash/{picture['id']}/").status_code == 204
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 0


def test_the_same_bytes_in_another_picture_stay(alice, bob, picture):
    bob.use_plan(original=True)
    his = bob.upload().json()
    assert his["sha256"] == picture["sha256"]
    alice.delete(f"/api/pictures/{picture['id']}/")
    alice.delete(f"/api/trash/{picture['id']}/")
    assert body_of(bob.get(his["original"]))
    assert bob.get(his["thumbnails"][0]["url"]).status_code == 200


def test_the_trash_is_searched_and_filtered_like_any_list(alice):
    ids = [alice.upload(name=name).json()["id"] for name in ("Ёлка.jpg", "Beach.jpg")]
    for picture_id in ids:
        alice.delete(f"/api/pictures/{picture_id}/")
    found = alice.get("/api/trash/?search=елка").json()["results"]
    assert [picture["id"] for picture in found] == ids[:1]
    assert found[0]["deleted_at"].endswith("Z")
    assert len(alice.get("/api/trash/?format=jpeg&ordering=name").json()["results"]) == 2
    refused(alice.get("/api/trash/?colour=red"), 400, "unknown_parameter", "/colour")
