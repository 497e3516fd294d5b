"""Other addresses and names for the same things: the same rules, and the older clients' shapes."""

import base64

import pytest
from rest_framework.test import APIClient

from tests import pictures
from tests.conftest import PASSWORD
from tests.http.problems import refused


def test_register_and_log_in_under_accounts(anonymous):
    body = {"email": "eve@example.com", "password": PASSWORD, "name": "Eve"}
    assert anonymous.post("/accounts/register/", body).status_code == 201
    assert set(anonymous.post("/accounts/login/", body).json()) == {"access", "refresh", "user"}


@pytest.mark.parametrize("name", ["email", "login", "username"])
def test_the_email_has_three_names_and_a_cookie_comes_too(alice, name):
    browser = APIClient(enforce_csrf_checks=True)
    assert browser.post("/accounts/login", {name: alice.email, "password": PASSWORD}).status_code == 200
    assert browser.get("/api/profile/").json()["email"] == alice.email
    refused(browser.post("/accounts/login/", {name: alice.email, "password": "wrong"}), 401, "invalid_credentials")
    refused(browser.post("/accounts/login/", {"password": PASSWORD}), 400, "required", "/email")


def test_the_api_login_sets_no_cookie(alice):
    answer = APIClient().post("/api/login/", {"email": alice.email, "password": PASSWORD})
    assert "sessionid" not in answer.cookies


def test_users_are_found_and_changed_under_users(alice, bob, dana):
    assert alice.get("/users/me/").json()["email"] == alice.email
    assert {user["id"] for user in alice.get("/users/").json()["results"]} >= {alice.id, bob.id}
    assert "email" not in alice.get(f"/users/{bob.id}/").json()
    assert dana.patch(f"/users/{bob.id}/", {"first_name": "Robert"}).json()["first_name"] == "Robert"
    assert alice.patch(f"/users/{bob.id}/", {"first_name": "Bobby"}).status_code in (403, 404)
    refused(APIClient().get("/users/"), 401, "not_authenticated")


def test_a_users_images_are_those_that_the_caller_may_see(alice, charlie, dana):
    image = {"image": pictures.as_file(pictures.jpeg())}
    made = alice.post(f"/users/{alice.id}/images/", image, format="multipart")
    assert made.status_code == 201
    own = f"/users/{alice.id}/images/{made.json()['id']}/"
    assert [one["id"] for one in alice.get(f"/users/{alice.id}/images/").json()["results"]] == [made.json()["id"]]
    assert charlie.get(f"/users/{alice.id}/images/").json()["results"] == []
    assert alice.get(own).status_code == dana.get(own).status_code == 200
    refused(charlie.get(own), 404, "not_found")
    refused(charlie.patch(own, {"name": "mine"}), 404, "not_found")
    refused(alice.get(own.replace(f"users/{alice.id}", f"users/{charlie.id}")), 404, "not_found")
    assert dana.patch(own, {"name": "Renamed"}).json()["name"] == "Renamed"
    assert dana.delete(own).status_code == 204
    refused(alice.get(own), 404, "not_found")


def test_one_uploads_for_oneself_and_administrators_for_anybody(alice, charlie, dana):
    body = {"image": base64.b64encode(pictures.jpeg()).decode()}
    refused(charlie.post(f"/users/{alice.id}/images/", body), 403, "permission_denied")
    made = dana.post(f"/users/{alice.id}/images/", body)
    assert made.json()["owner"] == alice.id
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 1
    refused(dana.post("/users/999999/images/", body), 404, "not_found")


def test_administrators_list_and_delete_all_images(alice, bob, dana):
    alice.upload()
    bob.upload()
    refused(alice.get("/images/"), 403, "permission_denied")
    refused(alice.delete("/images/"), 403, "permission_denied")
    assert len(dana.get("/images/").json()["results"]) == 2
    assert dana.delete("/images").status_code == 204
    assert dana.get("/images/").json()["results"] == alice.get("/api/pictures/").json()["results"] == []


def test_images_upload_answers_sizes_and_an_expiring_link(alice):
    alice.use_plan(thumbnail_heights=[100, 200], original=True, expiring_links=True)
    body = {"image": pictures.as_file(pictures.jpeg()), "expiring_time_seconds": 300}
    answer = alice.post("/api/v1/images_upload/", body, format="multipart")
    assert answer.status_code == 201
    assert [one["size"] for one in answer.json()["images"]] == ["100px", "200px", "original"]
    addresses = [one["image"] for one in answer.json()["images"]] + [answer.json()["link"]["expiring_link"]]
    assert [alice.get(address).status_code for address in addresses] == [200] * 4


def test_images_upload_without_a_time_has_no_link(alice):
    answer = alice.post("/api/v1/images_upload/", {"image": pictures.as_file(pictures.png())}, format="multipart")
    assert answer.json()["link"] is None
    body = {"image": pictures.as_file(pictures.png()), "expiring_time_seconds": 300}
    refused(
        alice.post("/api/v1/images_upload/", body, format="multipart"),
        403,
        "plan_lacks_expiring_links",
        "/expiring_time_seconds",
    )


@pytest.mark.parametrize(
    "address", ["/users/", "/users/me/", "/images/", "/accounts/login/", "/api/v1/images_upload/"]
)
def test_every_alias_answers_without_its_slash(alice, address):
    assert alice.get(address.rstrip("/")).status_code == alice.get(address).status_code
    assert alice.client.options(address).status_code == 200
