"""Closing somebody's account, and opening it again."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests import pictures
from tests.http.conftest import ids, new_album
from tests.http.problems import refused


def close(dana, person, active=False):
    answer = dana.patch(f"/api/users/{person.id}/", {"is_active": active})
    assert (answer.status_code, answer.json()["is_active"]) == (200, active)


def test_tokens_and_cookies_end_with_the_next_request(alice, dana):
    browser = Client()
    browser.post("/api-auth/login/", {"username": alice.email, "password": alice.password})
    close(dana, alice)
    refused(alice.get("/api/profile/"), 401, "session_ended")
    refused(browser.get("/api/profile/"), 401, "not_authenticated")
    refused(APIClient().post("/api/refresh/", {"refresh": alice.refresh}), 401, "session_ended")
    refused(alice.sign_in(), 401, "invalid_credentials")


def test_opening_it_again_revives_neither_tokens_nor_cookies(alice, dana):
    browser = Client()
    browser.post("/api-auth/login/", {"username": alice.email, "password": alice.password})
    close(dana, alice)
    close(dana, alice, active=True)
    refused(alice.get("/api/profile/"), 401, "session_ended")
    refused(browser.get("/api/profile/"), 401, "not_authenticated")
    refused(APIClient().post("/api/refresh/", {"refresh": alice.refresh}), 401, "session_ended")
    assert alice.sign_in().status_code == 200


def test_a_form_that_does_not_mention_it_closes_nothing(alice, dana):
    answer = dana.patch(f"/api/users/{alice.id}/", {"first_name": "Alicia"}, format="multipart")
    assert (answer.json()["first_name"], answer.json()["is_active"]) == ("Alicia", True)
    assert alice.get("/api/profile/").status_code == 200


def test_only_administrators_still_see_her(alice, bob, dana):
    close(dana, alice)
    refused(bob.get(f"/api/users/{alice.id}/"), 404, "not_found")
    refused(bob.get(f"/api/users/{alice.id}/avatar/"), 404, "not_found")
    refused(bob.patch(f"/api/users/{alice.id}/", {"first_name": "x"}), 404, "not_found")
    assert alice.id not in [user["id"] for user in bob.get("/api/users/").json()["results"]]
    assert dana.get(f"/api/users/{alice.id}/").json()["is_active"] is False
    assert alice.id in [user["id"] for user in dana.get("/api/users/").json()["results"]]


def test_what_she_showed_to_the_public_is_hidden_and_comes_back(alice, bob, dana, anonymous):
    alice.use_plan(original=True, expiring_links=True)
    album = new_album(alice, visibility="public")
    picture = alice.upload(pictures.jpeg(40, 30), album=album, expiring_time_seconds=300).json()
    link = picture["expiring_link"]["url"]

    def doors(person):
        shape = person.get(f"/api/pictures/{picture['id']}/").json()
        paths = [f"/api/albums/{album}/", f"/api/albums/{album}/pictures/", f"/api/pictures/{picture['id']}/"]
        return person, [*paths, shape["original"], shape["thumbnails"][0]["url"], link]

    def opened(person, paths):
        return [person.get(path).status_code for path in paths]

    nobody, user, administrator = (doors(person) for person in (anonymous, bob, dana))
    assert opened(*nobody) == opened(*user) == opened(*administrator) == [200] * 6
    close(dana, alice)
    assert opened(*nobody) == [401] * 3 + [404] * 2 + [410]
    assert opened(*user) == [404] * 5 + [410]
    assert opened(*administrator) == [200] * 5 + [410]
    assert ids(bob.get(f"/api/pictures/?album={album}")) == ids(bob.get(f"/api/pictures/?owner={alice.id}")) == []
    close(dana, alice, active=True)
    assert opened(*nobody) == opened(*user) == [200] * 6


@pytest.mark.parametrize("visibility", ["organization", "public"])
def test_what_she_showed_to_an_organization_stays_with_its_members(alice, bob, charlie, dana, studio, visibility):
    album = new_album(alice, organization=studio.id, visibility=visibility)
    picture = alice.upload(pictures.jpeg(40, 30), album=album).json()["id"]
    close(dana, alice)
    assert ids(bob.get("/api/albums/")) == [album]
    assert ids(bob.get(f"/api/albums/{album}/pictures/")) == [picture]
    assert bob.get(bob.get(f"/api/pictures/{picture}/").json()["thumbnails"][0]["url"]).status_code == 200
    refused(charlie.get(f"/api/albums/{album}/"), 404, "not_found")
    refused(charlie.get(f"/api/pictures/{picture}/"), 404, "not_found")


def test_her_pictures_stay_in_the_public_albums_of_others(alice, bob, charlie, dana, studio):
    album = new_album(bob, organization=studio.id, visibility="public")
    picture = alice.upload(pictures.jpeg(40, 30), album=album).json()["id"]
    close(dana, alice)
    assert ids(charlie.get(f"/api/albums/{album}/pictures/")) == [picture]
    assert bob.delete(f"/api/albums/{album}/pictures/{picture}/").status_code == 204
    refused(charlie.get(f"/api/pictures/{picture}/"), 404, "not_found")
