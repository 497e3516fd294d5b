"""A change of plan, or of a user's plan, holds for old pictures from the next request on."""

import pytest

from tests.http.library.conftest import shown
from tests.http.problems import refused


@pytest.fixture
def plan(alice):
    return alice.use_plan(thumbnail_heights=[100, 200], original=True, expiring_links=True)


@pytest.fixture
def picture(alice, plan):
    return alice.upload(expiring_time_seconds=3000).json()


def test_a_height_that_was_taken_away_is_gone_and_the_others_stay(dana, alice, anonymous, plan, picture):
    assert dana.patch(f"/api/plans/{plan.pk}/", {"thumbnail_heights": [200]}).status_code == 200
    small, large = picture["thumbnails"]
    refused(anonymous.get(small["url"]), 404, "not_found")
    assert anonymous.get(large["url"]).status_code == 200
    assert [item["plan_height"] for item in alice.get("/api/pictures/").json()["results"][0]["thumbnails"]] == [200]


def test_a_height_that_was_added_works_for_old_pictures_too(dana, alice, anonymous, plan, picture):
    dana.patch(f"/api/plans/{plan.pk}/", {"thumbnail_heights": [250, 100, 4096]})
    thumbnails = alice.get(f"/api/pictures/{picture['id']}/").json()["thumbnails"]
    assert [item["plan_height"] for item in thumbnails] == [100, 250, 4096]
    for item in thumbnails:
        for accept in ("image/webp", "*/*"):
            assert shown(anonymous.get(item["url"], HTTP_ACCEPT=accept)).size == (item["width"], item["height"])


def test_without_originals_the_old_address_is_gone_and_comes_back_with_them(dana, alice, anonymous, plan, picture):
    dana.patch(f"/api/plans/{plan.pk}/", {"original": False})
    refused(anonymous.get(picture["original"]), 404, "not_found")
    refused(anonymous.get(picture["expiring_link"]["url"]), 410, "link_revoked")
    assert alice.get(f"/api/pictures/{picture['id']}/").json()["original"] is None
    dana.patch(f"/api/plans/{plan.pk}/", {"original": True})
    assert anonymous.get(picture["original"]).status_code == 200
    assert anonymous.get(picture["expiring_link"]["url"]).status_code == 200


def test_without_the_right_to_links_they_stop(dana, alice, anonymous, plan, picture):
    dana.patch(f"/api/plans/{plan.pk}/", {"expiring_links": False})
    refused(anonymous.get(picture["expiring_link"]["url"]), 410, "link_revoked")
    assert anonymous.get(picture["original"]).status_code == 200
    answer = alice.post(f"/api/pictures/{picture['id']}/links/", {"expiring_time_seconds": 300})
    refused(answer, 403, "plan_lacks_expiring_links")


def test_a_user_who_moves_to_another_plan_has_what_that_one_has(dana, alice, anonymous, picture):
    basic = next(item for item in dana.get("/api/plans/").json()["results"] if item["name"] == "Basic")
    assert dana.patch(f"/api/users/{alice.id}/", {"plan": basic["id"]}).status_code == 200
    refused(anonymous.get(picture["thumbnails"][0]["url"]), 404, "not_found")
    refused(anonymous.get(picture["original"]), 404, "not_found")
    assert anonymous.get(picture["thumbnails"][1]["url"]).status_code == 200
    assert dana.get(f"/api/pictures/{picture['id']}/").json()["original"] is None
