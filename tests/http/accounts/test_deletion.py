"""Deleting oneself."""

from tests.conftest import PASSWORD
from tests.http.problems import refused


def test_the_password_is_needed(alice):
    refused(alice.delete("/api/profile/"), 400, "required", "/password")
    refused(alice.delete("/api/profile/", {"password": "a guess"}), 400, "invalid_password", "/password")
    assert alice.get("/api/profile/").status_code == 200


def test_what_belongs_to_alice_goes_with_her(alice, bob, dana):
    hers, his = alice.upload(), bob.upload()
    assert (hers.status_code, his.status_code) == (201, 201)
    thumbnail = hers.json()["thumbnails"][0]["url"]
    assert alice.delete("/api/profile/", {"password": PASSWORD}).status_code == 204
    refused(alice.get("/api/profile/"), 401, "session_ended")
    refused(alice.sign_in(), 401, "invalid_credentials")
    refused(dana.get(f"/api/users/{alice.id}/"), 404, "not_found")
    every = dana.get("/api/pictures/?scope=all").json()["results"]
    assert [picture["id"] for picture in every] == [his.json()["id"]]
    assert bob.get(thumbnail).status_code in (403, 404, 410)


def test_her_email_is_free_again_and_brings_nothing_back(alice, person):
    alice.upload()
    assert alice.delete("/api/profile/", {"password": PASSWORD}).status_code == 204
    again = person("alice")
    assert again.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}
    assert again.get("/api/pictures/").json()["results"] == []
    refused(alice.get("/api/profile/"), 401, "session_ended")
