"""How large one picture may be, and all of them together."""

import base64

import pytest

from albumen.library.models import Picture
from tests import pictures
from tests.http.problems import refused

PHOTO = pictures.jpeg()


def as_json(content: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(content).decode()}


@pytest.mark.parametrize("size", [len(PHOTO), 100_000], ids=["short", "long"])
def test_a_file_of_exactly_the_plan_s_size_passes_and_one_byte_more_does_not(alice, stored, size):
    alice.use_plan(max_upload_bytes=size)
    content = PHOTO + bytes(size - len(PHOTO))
    refused(alice.upload(content + b"\0"), 413, "too_large", "/image")
    refused(alice.post("/api/pictures/", as_json(content + b"\0")), 413, "too_large", "/image")
    assert stored() == []
    assert alice.upload(content).json()["bytes"] == size
    assert alice.post("/api/pictures/", as_json(content)).json()["bytes"] == size


def test_a_body_that_says_it_is_far_too_long_is_refused_unread(alice, stored):
    alice.use_plan(max_upload_bytes=1000)
    refused(alice.upload(bytes(2_000_000)), 413, "too_large", "/image")
    assert stored() == []


def test_a_longer_text_than_json_may_have_beside_the_picture_is_refused(alice, stored):
    many = {f"field {number}": "x" * 1000 for number in range(1100)}
    refused(alice.post("/api/pictures/", as_json(PHOTO) | many), 413, "too_large")
    assert stored() == []


def test_the_quota_takes_its_last_byte_and_not_one_more(alice, stored):
    plan = alice.use_plan(quota_bytes=2 * len(PHOTO) - 1)
    assert alice.upload(PHOTO).status_code == 201
    before = stored()
    refused(alice.upload(PHOTO), 403, "quota_exceeded", "/image")
    assert stored() == before
    plan.quota_bytes += 1
    plan.save()
    assert alice.upload(PHOTO).status_code == 201


def test_a_quota_smaller_than_any_file_takes_nothing(alice, stored):
    alice.use_plan(quota_bytes=0)
    refused(alice.upload(PHOTO), 403, "quota_exceeded", "/image")
    assert stored() == []


def test_the_profile_tells_the_sum_of_what_is_kept_the_trash_included(alice, bob):
    for seed in range(3):
        alice.upload(pictures.jpeg(seed=seed))
    bob.upload(PHOTO)
    first = alice.get("/api/pictures/?page_size=1").json()["results"][0]["id"]
    alice.delete(f"/api/pictures/{first}/")
    kept = [picture.bytes for picture in Picture.objects.filter(owner_id=alice.id)]
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": sum(kept), "pictures": 3}


def test_the_trash_counts_until_it_is_purged(alice):
    alice.use_plan(quota_bytes=len(PHOTO))
    picture = alice.upload(PHOTO).json()["id"]
    alice.delete(f"/api/pictures/{picture}/")
    refused(alice.upload(PHOTO), 403, "quota_exceeded", "/image")
    assert alice.delete(f"/api/trash/{picture}/").status_code == 204
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}
    assert alice.upload(PHOTO).status_code == 201
