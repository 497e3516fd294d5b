"""Plans over HTTP (requirements C3, C4)."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from rest_framework.test import APIClient

from tests.conftest import PASSWORD, Person
from tests.http.problems import refused
from tests.server import Server

TINY = {"name": "Tiny", "thumbnail_heights": [64]}


def by_name(client):
    return {plan["name"]: plan for plan in client.get("/api/plans/").json()["results"]}


def defaults(client):
    return [name for name, plan in by_name(client).items() if plan["is_default"]]


def test_three_plans_are_built_in(alice):
    plans = by_name(alice)
    rights = {
        name: (
            *(plan["thumbnail_heights"], plan["original"], plan["expiring_links"]),
            *(plan["quota_bytes"], plan["is_default"]),
        )
        for name, plan in plans.items()
    }
    assert rights == {
        "Basic": ([200], False, False, 2_000_000_000, True),
        "Premium": ([200, 400], True, False, None, False),
        "Enterprise": ([200, 400], True, True, None, False),
    }
    assert alice.get(f"/api/plans/{plans['Premium']['id']}/").json() == plans["Premium"]


def test_an_installation_that_is_upgraded_keeps_its_plans(tmp_path):
    """A database as an earlier version left it, where Basic has no quota, is migrated."""
    server = Server(tmp_path / "data")
    server.migrate()
    server.sql("UPDATE plans_plan SET quota_bytes = NULL WHERE name = 'Basic'")
    server.manage("migrate", "--verbosity", "0")
    server.start()
    try:
        alice = server.register("alice")
        quotas = {plan["name"]: plan["quota_bytes"] for plan in alice.get("/api/plans/").json()["results"]}
        assert quotas == {"Basic": None, "Premium": None, "Enterprise": None}
    finally:
        server.remove()


def test_dana_makes_a_plan(dana):
    body = TINY | {"thumbnail_heights": [400, 16, 4096], "original": True, "expiring_links": True}
    answer = dana.post("/api/plans/", body | {"max_upload_bytes": 1, "quota_bytes": 0})
    assert answer.status_code == 201
    plan = answer.json()
    assert (plan["thumbnail_heights"], plan["max_upload_bytes"], plan["quota_bytes"]) == ([16, 400, 4096], 1, 0)
    assert dana.get(f"/api/plans/{plan['id']}/").json() == plan


def test_a_plan_of_nothing_but_heights_has_the_usual_rest(dana):
    plan = dana.post("/api/plans/", TINY).json()
    assert (plan["original"], plan["expiring_links"], plan["is_default"]) == (False, False, False)
    assert (plan["max_upload_bytes"], plan["quota_bytes"]) == (50_000_000, None)


def test_a_change_leaves_the_rest(dana):
    plan = dana.post("/api/plans/", TINY | {"quota_bytes": 5}).json()
    answer = dana.patch(f"/api/plans/{plan['id']}/", {"original": True, "quota_bytes": None})
    assert answer.json() == plan | {"original": True, "quota_bytes": None}
    assert dana.patch(f"/api/plans/{plan['id']}/", {"name": "Tiny"}).status_code == 200


@pytest.mark.parametrize(
    ("heights", "pointer"),
    [
        ([], "/thumbnail_heights"),
        ([15], "/thumbnail_heights/0"),
        ([4097], "/thumbnail_heights/0"),
        ([200, -1], "/thumbnail_heights/1"),
        ([0], "/thumbnail_heights/0"),
        (list(range(100, 113)), "/thumbnail_heights"),
        ([200, 200], "/thumbnail_heights"),
        ([True], "/thumbnail_heights/0"),
        ([200.0], "/thumbnail_heights/0"),
        ([200.5], "/thumbnail_heights/0"),
        (["200"], "/thumbnail_heights/0"),
        ([None], "/thumbnail_heights/0"),
        ([[200]], "/thumbnail_heights/0"),
        (["9" * 5000], "/thumbnail_heights/0"),
        ([2**63], "/thumbnail_heights/0"),
        ("200", "/thumbnail_heights"),
        (200, "/thumbnail_heights"),
        ({"0": 200}, "/thumbnail_heights"),
        (None, "/thumbnail_heights"),
    ],
)
def test_bad_heights_are_refused(dana, heights, pointer):
    answer = dana.post("/api/plans/", TINY | {"thumbnail_heights": heights})
    refused(answer, 400, answer.json()["code"], pointer)
    basic = by_name(dana)["Basic"]
    answer = dana.patch(f"/api/plans/{basic['id']}/", {"thumbnail_heights": heights})
    refused(answer, 400, answer.json()["code"], pointer)
    assert set(by_name(dana)) == {"Basic", "Premium", "Enterprise"}
    assert by_name(dana)["Basic"] == basic


def test_twelve_heights_are_taken(dana):
    heights = list(range(100, 112))
    assert dana.post("/api/plans/", TINY | {"thumbnail_heights": heights}).json()["thumbnail_heights"] == heights


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", None),
        ("name", "a\0b"),
        ("name", "Basic"),
        ("original", "maybe"),
        ("original", None),
        ("expiring_links", 5),
        ("is_default", []),
        ("max_upload_bytes", 0),
        ("max_upload_bytes", -1),
        ("max_upload_bytes", 2**63),
        ("max_upload_bytes", 1.5),
        ("max_upload_bytes", None),
        ("quota_bytes", -1),
        ("quota_bytes", 2**63),
        ("quota_bytes", "much"),
    ],
)
def test_a_bad_value_is_refused(dana, field, value):
    answer = dana.post("/api/plans/", TINY | {field: value})
    refused(answer, 400, answer.json()["code"], f"/{field}")
    assert "Tiny" not in by_name(dana)


@pytest.mark.parametrize("field", ["name", "thumbnail_heights"])
def test_what_is_needed_is_named(dana, field):
    body = {name: value for name, value in TINY.items() if name != field}
    refused(dana.post("/api/plans/", body), 400, "required", f"/{field}")


def test_only_administrators_write(alice, dana, anonymous):
    plan = f"/api/plans/{by_name(dana)['Premium']['id']}/"
    for someone, status, code in ((alice, 403, "permission_denied"), (anonymous, 401, "not_authenticated")):
        refused(someone.post("/api/plans/", TINY), status, code)
        refused(someone.patch(plan, {"original": False}), status, code)
        refused(someone.delete(plan), status, code)
    refused(anonymous.get("/api/plans/"), 401, "not_authenticated")
    refused(anonymous.get(plan), 401, "not_authenticated")
    assert set(by_name(dana)) == {"Basic", "Premium", "Enterprise"}


def test_an_unknown_plan_is_not_found(dana):
    for call in (dana.get, dana.patch, dana.delete):
        refused(call("/api/plans/999999/"), 404, "not_found")


def test_a_new_default_takes_the_place_of_the_old_and_new_users_get_it(dana):
    plan = dana.post("/api/plans/", TINY | {"is_default": True}).json()
    assert defaults(dana) == ["Tiny"]
    assert Person.by_http("alice").get("/api/profile/").json()["plan"] == plan["id"]
    basic = by_name(dana)["Basic"]["id"]
    assert dana.patch(f"/api/plans/{basic}/", {"is_default": True}).json()["is_default"] is True
    assert defaults(dana) == ["Basic"]
    assert Person.by_http("bob").get("/api/profile/").json()["plan"] == basic


def test_the_default_can_be_neither_deleted_nor_unset(dana, alice):
    basic = f"/api/plans/{by_name(dana)['Basic']['id']}/"
    refused(dana.patch(basic, {"is_default": False}), 400, "default_needed", "/is_default")
    refused(dana.delete(basic), 409, "default_needed")
    assert defaults(dana) == ["Basic"]


def test_a_plan_in_use_cannot_be_deleted(dana, alice):
    premium = by_name(dana)["Premium"]["id"]
    dana.patch(f"/api/users/{alice.id}/", {"plan": premium})
    refused(dana.delete(f"/api/plans/{premium}/"), 409, "plan_in_use")
    dana.patch(f"/api/users/{alice.id}/", {"plan": by_name(dana)["Basic"]["id"]})
    assert dana.delete(f"/api/plans/{premium}/").status_code == 204
    refused(dana.get(f"/api/plans/{premium}/"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "code"), [("ordering=quota", "unknown_ordering"), ("name=Basic", "unknown_parameter")]
)
def test_an_unknown_word_is_refused(alice, query, code):
    refused(alice.get(f"/api/plans/?{query}"), 400, code)


def test_plans_come_in_pages(alice):
    seen, url = [], "/api/plans/?page_size=1&ordering=-name"
    while url:
        page = alice.get(url).json()
        seen += [plan["name"] for plan in page["results"]]
        url = page["next"]
    assert seen == ["Premium", "Enterprise", "Basic"]


@pytest.fixture(scope="module")
def boss(tmp_path_factory):
    """An administrator of a real server."""
    server = Server(tmp_path_factory.mktemp("plans") / "data")
    server.start()
    login = {"email": "dana@example.com", "password": PASSWORD}
    secrets = {"DJANGO_SUPERUSER_EMAIL": login["email"], "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    server.manage("createsuperuser", "--noinput", **secrets)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        client.headers["Authorization"] = f"Bearer {client.post('/api/login/', json=login).json()['access']}"
        yield client
    server.remove()


def test_of_many_defaults_at_once_one_is_left(boss):
    ids = [boss.post("/api/plans/", json=TINY | {"name": f"Plan {n}"}).json()["id"] for n in range(8)]

    def change(turn):
        plan = ids[turn % 8]
        body = {"is_default": True} if turn < 16 else {"quota_bytes": turn}
        return boss.patch(f"/api/plans/{plan}/", json=body).status_code

    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(change, range(32))) == {200}
    assert len(defaults(boss)) == 1
    assert (
        httpx.post(f"{boss.base_url}/api/register/", json={"email": "a@b.de", "password": PASSWORD}).status_code == 201
    )


def test_of_many_plans_of_one_name_at_once_one_is_made(boss):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: boss.post("/api/plans/", json=TINY | {"name": "Same"}), range(16)))
    late = [answer for answer in answers if answer.status_code != 201]
    assert len(late) == 15
    for answer in late:
        refused(answer, 400, "unique", "/name")


def test_plans_are_read_by_whoever_is_signed_in(person):
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Bearer {person('charlie').access}")
    assert reader.get("/api/plans/").status_code == 200
