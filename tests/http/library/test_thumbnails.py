"""Thumbnails: exactly as announced, upright, without metadata, transparent where the picture is."""

import io

import pytest
from django.core.management import CommandError
from PIL import Image

from tests import pictures
from tests.http.library.conftest import body_of, checked, shown
from tests.http.problems import refused

HEIGHTS = [16, 200, 401, 1000]


@pytest.mark.parametrize(
    "size", [(400, 300), (300, 400), (1, 1), (1, 900), (900, 1), (999, 601), (200, 200), (201, 199), (16, 15)]
)
def test_every_link_of_the_answer_gives_an_image_of_the_announced_size(alice, size):
    alice.use_plan(thumbnail_heights=HEIGHTS, original=True)
    picture = alice.upload(pictures.png(*size)).json()
    assert (picture["width"], picture["height"]) == size
    assert [thumbnail["plan_height"] for thumbnail in picture["thumbnails"]] == HEIGHTS
    for thumbnail in picture["thumbnails"]:
        announced = (thumbnail["width"], thumbnail["height"])
        assert thumbnail["height"] == min(thumbnail["plan_height"], size[1])
        assert abs(thumbnail["width"] - max(1, size[0] * thumbnail["height"] / size[1])) <= 0.5
        assert shown(alice.get(thumbnail["url"])).size == announced
        assert shown(alice.get(thumbnail["url"], HTTP_ACCEPT="image/webp")).size == announced
    assert shown(alice.get(picture["original"])).size == size


def turned_photo(orientation: int) -> bytes:
    """A left half of red and a right half of blue, once the orientation is applied."""
    upright = Image.new("RGB", (400, 300), "red")
    upright.paste("blue", (200, 0, 400, 300))
    back = {6: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_180, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[0x0112] = orientation
    return pictures.encode(upright.transpose(back[orientation]), "JPEG", exif=exif, quality=95)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_that_was_taken_with_a_turned_camera_is_upright(alice, orientation):
    picture = alice.upload(turned_photo(orientation)).json()
    assert (picture["width"], picture["height"]) == (400, 300)
    image = shown(alice.get(picture["thumbnails"][0]["url"])).convert("RGB")
    assert image.size == (267, 200)
    red, blue = image.getpixel((30, 100)), image.getpixel((230, 100))
    assert (red[0] > 200, red[2] < 60) == (True, True)
    assert (blue[0] < 60, blue[2] > 200) == (True, True)


def test_a_thumbnail_says_nothing_about_camera_place_or_profile(alice):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = Image.open(io.BytesIO(pictures.with_gps()))
    content = pictures.encode(photo, "JPEG", exif=photo.getexif(), icc_profile=profile, comment=b"SECRET COMMENT")
    url = alice.upload(content).json()["thumbnails"][0]["url"]
    for accept in ("*/*", "image/webp"):
        answer = alice.get(url, HTTP_ACCEPT=accept)
        thumbnail = body_of(answer)
        for word in (b"Exif", b"SecretMaker", b"SERIAL", b"SECRET", b"ICC", b"GPS", b"http://ns.adobe"):
            assert word not in thumbnail
        image = pictures.opened(thumbnail)
        assert not dict(image.getexif())
        assert "icc_profile" not in image.info


def test_transparency_is_kept_as_png_or_webp(alice):
    image = Image.new("RGBA", (400, 300), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (200, 0, 400, 300))
    url = alice.upload(pictures.encode(image, "PNG")).json()["thumbnails"][0]["url"]
    for accept, form in (("*/*", "PNG"), ("image/webp,*/*", "WEBP"), ("", "PNG")):
        got = shown(alice.get(url, HTTP_ACCEPT=accept))
        assert got.format == form
        assert got.convert("RGBA").getpixel((20, 100))[3] == 0
        assert got.convert("RGBA").getpixel((250, 100))[3] == 255


ACCEPTS = {
    "*/*": "image/jpeg",
    "image/*": "image/jpeg",
    "image/avif,image/webp,image/apng,*/*;q=0.8": "image/webp",
    "image/webp;q=0.1": "image/webp",
    "image/webp;q=0, */*": "image/jpeg",
    "IMAGE/WEBP": "image/webp",
    "image/webpx": "image/jpeg",
    "text/html": "image/jpeg",
    ";;;,": "image/jpeg",
}


def test_webp_is_for_those_who_name_it(alice):
    url = alice.upload().json()["thumbnails"][0]["url"]
    for accept, media_type in ACCEPTS.items():
        answer = alice.get(url, HTTP_ACCEPT=accept)
        assert answer.headers["Content-Type"] == media_type, accept
        assert "Accept" in answer.headers["Vary"]
        assert shown(answer).format == media_type.removeprefix("image/").upper()


def test_a_thumbnail_that_was_lost_or_emptied_is_made_again(alice, stored):
    url = alice.upload().json()["thumbnails"][0]["url"]
    (thumbnail,) = stored("thumbnails")
    thumbnail.unlink()
    assert shown(alice.get(url, HTTP_ACCEPT="image/webp")).height == 200
    thumbnail.write_bytes(b"")
    assert shown(alice.get(url, HTTP_ACCEPT="image/webp")).height == 200
    assert thumbnail.stat().st_size > 0
    assert checked("--deep") == "Everything agrees.\n"


def test_a_picture_whose_original_is_lost_says_so_and_does_not_fail(alice, stored):
    alice.use_plan(original=True, expiring_links=True)
    picture = alice.upload(expiring_time_seconds=300).json()
    for file in stored():
        file.unlink()
    refused(alice.get(picture["original"]), 404, "not_found")
    refused(alice.get(picture["thumbnails"][0]["url"]), 404, "bytes_missing")
    refused(alice.get(picture["expiring_link"]["url"]), 404, "bytes_missing")
    with pytest.raises(CommandError, match="1 faults"):
        checked()
    alice.delete(f"/api/pictures/{picture['id']}/")
    assert alice.delete(f"/api/trash/{picture['id']}/").status_code == 204
    assert checked("--deep") == "Everything agrees.\n"
