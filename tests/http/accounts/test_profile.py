"""One's own record (requirements A1.7, B5, B12)."""

import base64

import pytest

from tests import pictures
from tests.conftest import PASSWORD
from tests.http.problems import refused


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_is_not_named_stays(alice, method):
    alice.patch("/api/profile/", {"last_name": "Liddell", "phone": "030 1234567"})
    answer = getattr(alice, method)("/api/profile/", {"first_name": "Alicia"})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["phone"]) == ("Alicia Liddell", "030 1234567")
    assert alice.get("/api/profile/").json() == answer.json()


@pytest.mark.parametrize("method", ["put", "patch"])
def test_nothing_named_changes_nothing(alice, method):
    before = alice.get("/api/profile/").json()
    assert getattr(alice, method)("/api/profile/", {}).json() == before
    assert getattr(alice, method)("/api/profile/", {"email": "alice@example.com"}).json() == before


def test_names_can_be_emptied(alice):
    assert alice.patch("/api/profile/", {"first_name": "", "phone": ""}).json()["name"] == ""


@pytest.mark.parametrize("method", ["put", "patch"])
def test_another_email_needs_the_password(alice, method):
    call = getattr(alice, method)
    refused(call("/api/profile/", {"email": "liddell@example.com"}), 400, "required", "/password")
    wrong = {"email": "liddell@example.com", "password": "a guess", "first_name": "Alicia"}
    refused(call("/api/profile/", wrong), 400, "invalid_password", "/password")
    mine = alice.get("/api/profile/").json()
    assert (mine["email"], mine["first_name"]) == ("alice@example.com", "Alice")


def test_a_password_alone_is_no_change_of_it(alice):
    refused(alice.patch("/api/profile/", {"password": "another fine sentence"}), 400, "required", "/email")


def test_another_case_of_the_same_email_holds_at_once(alice):
    body = {"email": "ALICE@example.com", "password": PASSWORD}
    assert alice.patch("/api/profile/", body).json()["email"] == "ALICE@example.com"
    assert alice.sign_in().status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 1_000),
        ("is_staff", True),
        ("is_superuser", True),
        ("is_active", False),
        ("plan", 3),
        ("plan_id", 3),
        ("usage", {"bytes": -5, "pictures": -5}),
        ("bytes_used", 5),
        ("token_version", 99),
        ("date_joined", "2000-01-01T00:00:00Z"),
        ("last_login", None),
        ("password", "a whole new password"),
        ("groups", [1]),
        ("organizations", []),
        ("name", "Somebody"),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_nobody_gives_themselves_rights(alice, method, field, value):
    before = alice.get("/api/profile/").json()
    answer = getattr(alice, method)("/api/profile/", {field: value})
    assert answer.status_code in (200, 400)
    assert alice.get("/api/profile/").json() == before
    assert alice.sign_in().status_code == 200


def test_nobody_registers_with_rights(anonymous, dana):
    body = {
        "email": "eve@example.com",
        "password": PASSWORD,
        "is_staff": True,
        "is_superuser": True,
        "plan": 3,
        "id": 77,
    }
    answer = anonymous.post("/api/register/", body | {"bytes_used": -1, "is_active": False, "plan_id": 3})
    refused(answer, 400, "unknown_field", "/is_staff")
    assert anonymous.post("/accounts/register/", body).status_code == 201
    eve = dana.get("/api/users/?search=eve").json()["results"][0]
    assert (eve["is_staff"], eve["is_active"], eve["usage"]["bytes"]) == (False, True, 0)
    assert eve["id"] != 77
    assert eve["plan"] == next(p["id"] for p in dana.get("/api/plans/").json()["results"] if p["is_default"])


def test_a_bad_avatar_changes_nothing_else(alice):
    text = base64.b64encode(b"no image").decode()
    refused(alice.patch("/api/profile/", {"first_name": "X", "avatar": text}), 400, "not_an_image", "/avatar")
    assert alice.get("/api/profile/").json()["first_name"] == "Alice"


def test_an_avatar_comes_and_goes_with_the_profile(alice):
    file = pictures.as_file(pictures.png(40, 50))
    answer = alice.patch("/api/profile/", {"avatar": file, "first_name": "Al"}, format="multipart")
    assert answer.json()["first_name"] == "Al"
    assert alice.get(answer.json()["avatar"]).status_code == 200
    assert alice.patch("/api/profile/", {"last_name": "L"}).json()["avatar"] == answer.json()["avatar"]
    assert alice.patch("/api/profile/", {"avatar": None}).json()["avatar"] is None


def test_a_long_text_that_is_no_picture_is_refused(alice):
    answer = alice.patch("/api/profile/", {"first_name": "A" * 70_000})
    assert answer.status_code == 400
    refused(answer, 400, answer.json()["code"], "/first_name")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_nobody_has_no_profile(anonymous, method):
    refused(getattr(anonymous, method)("/api/profile/"), 401, "not_authenticated")


def test_there_is_nothing_to_post(alice):
    refused(alice.post("/api/profile/", {}), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "path", ["/api/profile/", "/api/profile/avatar/", "/api/logout/all/", "/api/users/", "/api/plans/"]
)
def test_asking_for_the_options_is_no_fault(alice, path):
    assert alice.client.options(path).status_code < 500


@pytest.mark.parametrize("path", ["/api/profile/", "/api/users/", "/api/sessions/", "/api/plans/", "/api/users/{}/"])
def test_a_browser_sees_a_page(dana, path):
    answer = dana.get(path.format(dana.id), HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
