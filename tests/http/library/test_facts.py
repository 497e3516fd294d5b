"""What an answer says of a picture."""

import base64
import hashlib
import re
from datetime import UTC, datetime

import time_machine

from tests import pictures
from tests.http.library.conftest import shown

FIELDS = {
    "id", "name", "description", "owner", "albums", "source", "image_url", "width", "height", "format", "bytes",
    "sha256", "taken_at", "placeholder", "thumbnails", "original", "created_at", "updated_at",
}  # fmt: skip


def test_a_photo_tells_its_bytes_its_hash_and_when_it_was_taken(alice):
    content = pictures.with_gps()
    with time_machine.travel(datetime(2030, 1, 31, 12, tzinfo=UTC), tick=False):
        alice.sign_in()
        picture = alice.upload(content).json()
    assert set(picture) >= FIELDS
    assert picture["sha256"] == hashlib.sha256(content).hexdigest()
    assert (picture["bytes"], picture["format"]) == (len(content), "jpeg")
    assert picture["taken_at"] == "2024-05-06T07:08:09Z"
    assert picture["created_at"] == picture["updated_at"] == "2030-01-31T12:00:00Z"
    assert (picture["owner"], picture["albums"], picture["source"], picture["image_url"]) == (
        alice.id,
        [],
        "upload",
        None,
    )


def test_reading_and_listing_say_the_same_as_the_upload_did(alice):
    picture = alice.upload().json()
    assert alice.get(f"/api/pictures/{picture['id']}/").json() == picture
    assert alice.get("/api/pictures/").json()["results"] == [picture]


def test_a_picture_without_a_date_has_none(alice):
    assert alice.upload(pictures.png()).json()["taken_at"] is None


def test_the_placeholder_is_a_tiny_image(alice):
    text = alice.upload().json()["placeholder"]
    assert len(text) < 1000
    head, _, body = text.partition(",")
    assert re.fullmatch(r"data:image/\w+;base64", head)
    assert max(pictures.opened(base64.b64decode(body)).size) <= 32


def test_a_date_at_the_edge_of_time_is_no_failure(alice):
    from PIL import Image

    for taken, offset in (
        ("0001:01:01 00:00:00", "+14:00"),
        ("9999:12:31 23:59:59", "-14:00"),
        ("0000:00:00 00:00:00", ""),
    ):
        exif = Image.Exif()
        ifd = exif.get_ifd(0x8769)
        ifd[0x9003], ifd[0x9011] = taken, offset
        answer = alice.upload(pictures.encode(pictures.noise(), "JPEG", exif=exif))
        assert answer.status_code == 201, answer.content
        assert alice.get("/api/pictures/?ordering=taken_at").status_code == 200
        assert shown(alice.get(answer.json()["thumbnails"][0]["url"])).height == 200


def test_pictures_of_a_burst_sort_by_their_milliseconds(alice):
    from PIL import Image

    ids = {}
    for fraction in ("35", "12", ""):
        exif = Image.Exif()
        exif.get_ifd(0x8769).update({0x9003: "2024:05:06 07:08:09", 0x9291: fraction})
        picture = alice.upload(pictures.encode(pictures.noise(), "JPEG", exif=exif)).json()
        ids[picture["taken_at"]] = picture["id"]
    moments = ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.120Z", "2024-05-06T07:08:09.350Z"]
    assert sorted(ids) == sorted(moments)
    rows = alice.get("/api/pictures/?ordering=taken_at").json()["results"]
    assert [row["taken_at"] for row in rows] == moments
    later = alice.get(f"/api/pictures/?taken_after={moments[1]}").json()["results"]
    assert [row["id"] for row in later] == [ids[moments[2]]]
