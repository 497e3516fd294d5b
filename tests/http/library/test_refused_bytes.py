"""What the bytes are decides; what is no whole picture is refused, and leaves nothing behind."""

import struct
import zlib

import pytest

from albumen.library.models import Picture
from tests import heif, pictures
from tests.http.library.conftest import shown
from tests.http.problems import refused


def huge_png() -> bytes:
    """A header of 20,000 x 20,000 px with one row behind it: 400 million pixels in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(20_001)))
        + chunk(b"IEND", b"")
    )


def many_frames() -> bytes:
    frames = [pictures.noise(8, 8, seed) for seed in range(501)]
    return pictures.encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20)


BROKEN = {
    "text": (lambda: b"Not an image at all, but it is named like one.", "not_an_image"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>" * 20, "not_an_image"),
    "pdf": (lambda: b"%PDF-1.7\n" + b"x" * 500, "unsupported_format"),
    "one byte": (lambda: b"\xff", "not_an_image"),
    "zeros": (lambda: bytes(5000), "not_an_image"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "unsupported_format"),
    "bmp": (lambda: pictures.encode(pictures.noise(40, 30), "BMP"), "unsupported_format"),
    "half a jpeg": (lambda: pictures.jpeg()[: len(pictures.jpeg()) // 2], "truncated"),
    "half a png": (lambda: pictures.png()[: len(pictures.png()) // 2], "truncated"),
    "a png's signature": (lambda: pictures.png()[:8], "truncated"),
    "too many pixels": (huge_png, "too_many_pixels"),
    "too many frames": (many_frames, "too_many_pixels"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_whole_picture_is_refused_and_leaves_nothing(alice, stored, kind):
    made, code = BROKEN[kind]
    refused(alice.upload(made(), name="photo.png"), 400, code, "/image")
    assert stored() == []
    assert not Picture.objects.exists()
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}


def test_the_bytes_decide_and_not_the_name_or_the_declared_type(alice):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("photo.jpg", pictures.png(40, 30), "text/html")
    answer = alice.post("/api/pictures/", {"image": file}, format="multipart")
    assert answer.status_code == 201
    assert (answer.json()["format"], answer.json()["name"]) == ("png", "photo.jpg")
    assert alice.get(answer.json()["thumbnails"][0]["url"]).headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF", "HEIC"])
def test_every_promised_format_goes_in_and_comes_out(alice, form):
    alice.use_plan(original=True)
    noise = pictures.noise(300, 260)
    content = heif.heic(noise) if form == "HEIC" else pictures.encode(noise, form)
    picture = alice.upload(content).json()
    assert picture["format"] == form.lower()
    answer = alice.get(picture["original"])
    assert answer.headers["Content-Type"] == f"image/{form.lower()}"
    assert shown(alice.get(picture["thumbnails"][0]["url"])).height == 200
