"""Plans in the panel: the services' rules, told in the form."""

import pytest

from albumen.plans.models import Plan
from tests.conftest import Person
from tests.http.admin.conftest import plan_fields


def test_a_plan_edited_in_the_form_changes_thumbnails_at_once(panel, alice, content):
    plan = Plan.objects.get(users=alice.id)
    fields = plan_fields(name=plan.name, thumbnail_heights="400,100, 50")
    answer = panel.post(f"plans/plan/{plan.pk}/change/", **fields)
    assert answer.status_code == 302

    thumbnails = alice.get(f"/api/pictures/{content['picture']}/").json()["thumbnails"]
    assert [item["plan_height"] for item in thumbnails] == [50, 100, 400]
    assert alice.get(thumbnails[0]["url"]).status_code == 200


def test_a_new_plan_begins_with_a_largest_file(panel):
    form = panel.get("plans/plan/add/").context["adminform"].form
    assert 'value="50 MB"' in str(form["max_upload_bytes"])


@pytest.mark.parametrize(
    ("typed", "size", "shown"),
    [
        ("50000000", 50_000_000, "50 MB"),
        ("1.5 GB", 1_500_000_000, "1500 MB"),
        ("2tb", 2 * 10**12, "2 TB"),
        ("1,25 kB", 1250, "1250 bytes"),
        ("12 bytes", 12, "12 bytes"),
    ],
)
def test_sizes_are_typed_as_people_write_them(panel, alice, typed, size, shown):
    plan = alice.use_plan()
    fields = plan_fields(name=plan.name, quota_bytes=typed)
    assert panel.post(f"plans/plan/{plan.pk}/change/", **fields).status_code == 302
    plan.refresh_from_db()
    assert plan.quota_bytes == size
    page = panel.get(f"plans/plan/{plan.pk}/change/")
    assert f'value="{shown}"' in str(page.context["adminform"].form["quota_bytes"])


@pytest.mark.parametrize("typed", ["much", "5 apples", "1.2345 GB", "-1 MB", "1e9", "99999 PB", "0"])
def test_a_largest_file_that_is_no_size_is_told_in_the_form(panel, alice, typed):
    plan = alice.use_plan()
    answer = panel.post(f"plans/plan/{plan.pk}/change/", **plan_fields(name=plan.name, max_upload_bytes=typed))
    assert list(answer.context["adminform"].form.errors) == ["max_upload_bytes"]


def test_a_plan_form_shows_heights_as_they_are_typed(panel, alice):
    plan = alice.use_plan(thumbnail_heights=[200, 400])
    assert 'value="200, 400"' in panel.get(f"plans/plan/{plan.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("heights", "sentence"),
    [
        ("", "This field is required."),
        (" , ", "This field is required."),
        ("two hundred", "Write whole numbers"),
        ("200.5", "Write whole numbers"),
        ("-200", "Write whole numbers"),
        ("15", "Each height is from 16 to 4096 px."),
        ("4097", "Each height is from 16 to 4096 px."),
        ("200, 0200", "Name each height once."),
        (", ".join(str(height) for height in range(100, 113)), "one to 12"),
    ],
)
def test_heights_that_cannot_be_are_told_in_the_form(panel, alice, heights, sentence):
    plan = alice.use_plan(thumbnail_heights=[200])
    answer = panel.post(f"plans/plan/{plan.pk}/change/", **plan_fields(thumbnail_heights=heights))
    assert answer.status_code == 200
    assert sentence in answer.context["adminform"].form.errors["thumbnail_heights"][0]
    plan.refresh_from_db()
    assert (plan.name, plan.thumbnail_heights) == (f"Plan of {alice.email}", [200])


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_upload_bytes": "0"},
        {"max_upload_bytes": str(10**30)},
        {"quota_bytes": "-1"},
        {"quota_bytes": str(2**63)},
        {"name": "Basic"},
        {"name": ""},
    ],
)
def test_other_wrong_fields_of_a_plan_are_told_in_the_form(panel, wrong):
    answer = panel.post("plans/plan/add/", **plan_fields(**wrong))
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == set(wrong)
    assert Plan.objects.count() == 3


def test_a_new_plan_may_become_the_default(panel):
    assert panel.post("plans/plan/add/", **plan_fields(is_default="on")).status_code == 302
    assert Plan.objects.get(is_default=True).name == "Gold"
    eve = Person.by_http("eve")
    assert eve.get("/api/profile/").json()["plan"] == Plan.objects.get(name="Gold").pk


def test_the_default_plan_cannot_be_taken_away(panel):
    basic = Plan.objects.get(is_default=True)
    answer = panel.post(f"plans/plan/{basic.pk}/change/", **plan_fields(name="Basic", thumbnail_heights="300"))
    assert "Make another plan the default" in answer.context["adminform"].form.errors["is_default"][0]

    assert panel.post(f"plans/plan/{basic.pk}/delete/", post="yes").status_code == 302
    assert any("Make another plan the default" in text for text in panel.says("plans/plan/"))
    basic.refresh_from_db()
    assert basic.thumbnail_heights == [200]


def test_a_plan_in_use_stays_and_the_panel_says_why(panel, alice):
    plan = alice.use_plan()
    assert panel.post(f"plans/plan/{plan.pk}/delete/", post="yes").status_code == 302
    assert any("Move them to another plan" in text for text in panel.says("plans/plan/"))
    assert Plan.objects.filter(pk=plan.pk).exists()


def test_a_plan_without_users_can_be_deleted(panel):
    premium = Plan.objects.get(name="Premium")
    assert panel.post(f"plans/plan/{premium.pk}/delete/", post="yes").status_code == 302
    assert not Plan.objects.filter(pk=premium.pk).exists()
