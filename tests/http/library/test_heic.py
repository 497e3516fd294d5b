"""A phone's HEIC picture on its whole way: sent, seen, shared, used as an avatar, linked, exported."""

import io

import pi_heif
import pytest
from PIL import Image

from tests import heif, pictures
from tests.http.library.conftest import body_of, shown
from tests.http.library.test_linked import site  # noqa: F401 - a fixture
from tests.remote.conftest import picture as picture_of

PRIVATE = (b"SecretMaker", b"SERIAL-12345", b"2024:05:06")


@pytest.fixture
def photo() -> bytes:
    exif = Image.open(io.BytesIO(pictures.with_gps())).info["exif"]
    return heif.heic(pictures.noise(300, 260), exif=exif)


def pixels(content: bytes) -> bytes:
    return pi_heif.open_heif(io.BytesIO(content)).to_pillow().tobytes()


def test_its_owner_gets_the_very_bytes_and_others_a_copy_without_the_place(alice, anonymous, photo):
    alice.use_plan(original=True, expiring_links=True)
    made = alice.upload(photo, expiring_time_seconds=300).json()
    assert (made["format"], made["width"], made["height"]) == ("heic", 300, 260)
    assert made["taken_at"] == "2024-05-06T07:08:09Z"
    assert shown(alice.get(made["thumbnails"][0]["url"])).height == 200
    assert body_of(alice.get(made["original"])) == photo
    answer = anonymous.get(made["expiring_link"]["url"])
    copy = body_of(answer)
    assert answer.headers["Content-Type"] == "image/heic"
    assert not any(word in copy for word in PRIVATE)
    assert pixels(copy) == pixels(photo)


def test_as_an_avatar(alice, photo):
    sent = {"avatar": pictures.as_file(photo, "me.heic", "image/heic")}
    assert alice.put("/api/profile/avatar/", sent, format="multipart").status_code == 200
    assert pictures.opened(alice.get("/api/profile/avatar/").content).size == (200, 173)


def test_linked_and_found_by_its_format(alice, photo, site):  # noqa: F811
    made = alice.post("/api/pictures/", {"image_url": site(picture_of(photo, "image/heic"))})
    assert made.status_code == 201
    assert made.json()["format"] == "heic"
    assert len(alice.get("/api/pictures/?format=heic").json()["results"]) == 1
