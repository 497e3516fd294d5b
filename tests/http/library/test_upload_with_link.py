"""`expiring_time_seconds` on an upload: a link to the original comes with the picture, or nothing at all (C5)."""

from datetime import datetime

import pytest

from albumen.library.models import Picture
from tests import pictures
from tests.http.library.conftest import body_of
from tests.http.problems import refused


@pytest.fixture(autouse=True)
def _enterprise(alice):
    alice.use_plan(original=True, expiring_links=True)


@pytest.mark.parametrize("seconds", [300, "301", 300_000])
def test_a_time_within_bounds_gives_a_link_to_the_original(alice, anonymous, seconds):
    answer = alice.upload(pictures.png(), expiring_time_seconds=seconds)
    assert answer.status_code == 201, answer.content
    link = answer.json()["expiring_link"]
    assert (link["picture"], link["height"], link["max_uses"]) == (answer.json()["id"], None, None)
    lasts = datetime.fromisoformat(link["expires_at"]) - datetime.fromisoformat(link["created_at"])
    assert lasts.total_seconds() == int(seconds)
    assert body_of(anonymous.get(link["url"])) == pictures.png()


@pytest.mark.parametrize("seconds", [299, 0, -300, 300_001, 10**30, "soon", "300.5"])
def test_any_other_time_is_refused_and_nothing_is_kept(alice, stored, seconds):
    answer = alice.upload(expiring_time_seconds=seconds)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] == "/expiring_time_seconds"
    assert stored() == []
    assert not Picture.objects.exists()


def test_without_a_time_there_is_no_link(alice):
    assert "expiring_link" not in alice.upload().json()
    assert alice.get("/api/links/").json()["results"] == []


@pytest.mark.parametrize(
    ("rights", "code"),
    [
        ({"original": True, "expiring_links": False}, "plan_lacks_expiring_links"),
        ({"original": False, "expiring_links": True}, "plan_lacks_original"),
    ],
)
def test_a_plan_without_the_right_refuses_and_keeps_nothing(bob, stored, rights, code):
    bob.use_plan(**rights)
    refused(bob.upload(expiring_time_seconds=300), 403, code, "/expiring_time_seconds")
    assert stored() == []
    assert not Picture.objects.exists()
    assert bob.get("/api/profile/").json()["usage"]["bytes"] == 0
