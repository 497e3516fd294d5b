"""What administrators change on users (requirements B17, D3)."""

import pytest

from tests.http.problems import refused


def test_dana_changes_names_phone_and_plan(alice, dana):
    plan = next(plan for plan in dana.get("/api/plans/").json()["results"] if plan["name"] == "Premium")["id"]
    changes = {"first_name": "Alicia", "last_name": "L", "phone": "030 123456", "plan": plan}
    answer = dana.patch(f"/api/users/{alice.id}/", changes)
    assert answer.status_code == 200
    mine = alice.get("/api/profile/").json()
    assert {name: mine[name] for name in changes} == changes


def test_nobody_else_does(alice, bob, anonymous):
    refused(bob.patch(f"/api/users/{alice.id}/", {"first_name": "x"}), 403, "permission_denied")
    refused(alice.patch(f"/api/users/{alice.id}/", {"plan": 3}), 403, "permission_denied")
    refused(anonymous.patch(f"/api/users/{alice.id}/", {"first_name": "x"}), 401, "not_authenticated")
    mine = alice.get("/api/profile/").json()
    assert mine["first_name"] == "Alice"


def test_an_unknown_user_is_not_found(alice, dana):
    for someone in (alice, dana):
        refused(someone.patch("/api/users/999999/", {"first_name": "x"}), 404, "not_found")


@pytest.mark.parametrize("plan", [999999, -1, 0, "x", 1.9, True, None, [], {}, "9" * 30, "9" * 5000, 1e300])
def test_a_plan_that_is_none_is_refused(alice, dana, plan):
    before = alice.get("/api/profile/").json()["plan"]
    answer = dana.patch(f"/api/users/{alice.id}/", {"plan": plan})
    refused(answer, 400, answer.json()["code"], "/plan")
    assert alice.get("/api/profile/").json()["plan"] == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", None),
        ("first_name", "x" * 151),
        ("phone", "call me"),
        ("is_active", None),
        ("is_active", "maybe"),
    ],
)
def test_a_bad_value_is_refused(alice, dana, field, value):
    answer = dana.patch(f"/api/users/{alice.id}/", {field: value})
    refused(answer, 400, answer.json()["code"], f"/{field}")
    assert alice.get("/api/profile/").status_code == 200


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "email", "id", "password", "usage", "token_version"])
def test_what_is_not_named_in_the_contract_stays(alice, dana, field):
    before = alice.get("/api/profile/").json()
    answer = dana.patch(f"/api/users/{alice.id}/", {field: "1"})
    # What can be read may be sent back, and is passed over.
    assert answer.status_code == (200 if field in before else 400)
    assert dana.patch(f"/users/{alice.id}/", {field: "1"}).status_code == 200
    assert alice.get("/api/profile/").json() == before
    assert alice.sign_in().status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_not_there(alice, dana, method):
    refused(getattr(dana, method)(f"/api/users/{alice.id}/"), 405, "method_not_allowed")


def test_an_administrator_cannot_lock_herself_out(dana):
    refused(dana.patch(f"/api/users/{dana.id}/", {"is_active": False}), 409, "locks_oneself_out")
    assert dana.get("/api/profile/").status_code == 200
    assert dana.patch(f"/api/users/{dana.id}/", {"first_name": "Dana"}).status_code == 200
