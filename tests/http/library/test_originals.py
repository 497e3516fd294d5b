"""The original: byte for byte for its owner, without private metadata for everybody else."""

import pytest

from tests import pictures
from tests.http.library.conftest import body_of, shown

PRIVATE = (b"SecretMaker", b"SecretModel", b"SERIAL-12345", b"2024:05:06")


@pytest.fixture
def photo(alice):
    """Alice's, with its place and camera in it."""
    alice.use_plan(original=True, expiring_links=True)
    return alice.upload(pictures.with_gps(), expiring_time_seconds=300).json()


def test_the_owner_gets_the_very_bytes(alice, photo):
    assert body_of(alice.get(photo["original"])) == pictures.with_gps()
    assert all(word in pictures.with_gps() for word in PRIVATE)


def test_an_administrator_gets_a_copy_without_the_place(dana, photo):
    address = dana.get(f"/api/pictures/{photo['id']}/").json()["original"]
    assert address != photo["original"]
    copy = body_of(dana.get(address))
    assert not any(word in copy for word in PRIVATE)
    assert not dict(pictures.opened(copy).getexif().get_ifd(0x8825))
    assert pictures.opened(copy).tobytes() == pictures.opened(pictures.with_gps()).tobytes()


def test_so_does_whoever_has_an_expiring_link_even_the_owner(alice, anonymous, photo):
    for person in (anonymous, alice):
        copy = body_of(person.get(photo["expiring_link"]["url"]))
        assert not any(word in copy for word in PRIVATE)


def test_the_copy_stays_upright(alice, anonymous):
    from PIL import Image

    alice.use_plan(name="Another", original=True, expiring_links=True)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretMaker"
    content = pictures.encode(pictures.noise(300, 400), "JPEG", exif=exif)
    picture = alice.upload(content, expiring_time_seconds=300).json()
    copy = body_of(anonymous.get(picture["expiring_link"]["url"]))
    assert b"SecretMaker" not in copy
    image = pictures.opened(copy)
    assert image.size == ((300, 400) if image.getexif().get(0x0112) == 6 else (400, 300))
    assert (picture["width"], picture["height"]) == (400, 300)


def test_a_plan_without_originals_names_none(bob):
    picture = bob.upload().json()
    assert picture["original"] is None
    assert bob.get(f"/api/pictures/{picture['id']}/").json()["original"] is None


def test_foreign_bytes_behind_the_picture_are_not_handed_on(alice, anonymous):
    alice.use_plan(name="Another", original=True, expiring_links=True)
    content = pictures.png() + b"<script>alert('tail')</script>"
    picture = alice.upload(content, expiring_time_seconds=300).json()
    assert body_of(alice.get(picture["original"])) == content
    assert b"<script>" not in body_of(anonymous.get(picture["expiring_link"]["url"]))
    assert shown(anonymous.get(picture["expiring_link"]["url"])).size == (400, 300)
