"""Closing somebody's account, and opening it again."""

from django.test import Client
from rest_framework.test import APIClient

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
