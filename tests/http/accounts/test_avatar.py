"""Avatars (requirement B11): renamed, shrunk to fit 200 x 200 px, for signed-in users to see."""

import base64
import re
from pathlib import Path

import pytest

from tests import pictures
from tests.http.problems import refused


def put(person, content, name="photo.jpg"):
    return person.put("/api/profile/avatar/", {"avatar": pictures.as_file(content, name)}, format="multipart")


def stored(settings):
    return list(Path(settings.MEDIA_ROOT, "avatars").rglob("*.*")) + [
        path for path in Path(settings.MEDIA_ROOT, "avatars").glob("*/*") if not path.suffix
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ((400, 300), (200, 150)),
        ((300, 900), (67, 200)),
        ((900, 300), (200, 67)),
        ((1000, 1000), (200, 200)),
        ((200, 200), (200, 200)),
        ((50, 40), (50, 40)),
        ((3000, 2), (200, 1)),
    ],
)
def test_it_fits_keeps_its_shape_and_never_grows(alice, sent, kept):
    assert put(alice, pictures.png(*sent)).status_code == 200
    image = pictures.opened(alice.get("/api/profile/avatar/").content)
    assert image.size == kept


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b.php", "ätsch.jpg", "x" * 300, ".jpg", "<script>.svg"])
def test_its_name_is_letters_and_digits_whatever_the_file_is_called(alice, settings, name):
    assert put(alice, pictures.jpeg(), name).status_code == 200
    (path,) = stored(settings)
    assert re.fullmatch(r"[a-zA-Z0-9]{16,}", path.name)


@pytest.mark.parametrize("head", ["", "data:image/jpeg;base64,"])
@pytest.mark.parametrize("size", [(40, 30), (1200, 900)])
def test_it_comes_as_base64_too(alice, head, size):
    text = head + base64.b64encode(pictures.png(*size)).decode()
    answer = alice.put("/api/profile/avatar/", {"avatar": text})
    assert answer.status_code == 200
    assert alice.get("/api/profile/avatar/").status_code == 200


def test_nothing_private_is_left_in_it(alice, settings):
    put(alice, pictures.with_gps())
    content = alice.get("/api/profile/avatar/").content
    assert b"Secret" not in content
    assert b"SERIAL" not in content
    assert not pictures.opened(content).getexif()
    (path,) = stored(settings)
    assert path.read_bytes() == content


def test_a_browser_asks_once(alice):
    put(alice, pictures.jpeg())
    first = alice.get("/api/profile/avatar/")
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    again = alice.get("/api/profile/avatar/", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    put(alice, pictures.jpeg(seed=2))
    assert alice.get("/api/profile/avatar/", HTTP_IF_NONE_MATCH=first.headers["ETag"]).status_code == 200


def test_head_says_what_get_would(alice):
    put(alice, pictures.jpeg())
    whole, head = alice.get("/api/profile/avatar/"), alice.head("/api/profile/avatar/")
    assert (head.status_code, head.content) == (200, b"")
    assert (head.headers["ETag"], head.headers["Content-Type"]) == (whole.headers["ETag"], "image/webp")


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("path", ["/api/profile/avatar/", "/api/profile/"])
def test_the_one_before_is_gone(alice, settings, path):
    put(alice, pictures.jpeg())
    (before,) = stored(settings)
    file = {"avatar": pictures.as_file(pictures.jpeg(seed=2))}
    assert alice.put(path, file, format="multipart").status_code == 200
    (after,) = stored(settings)
    assert after.name != before.name
    assert alice.delete("/api/profile/avatar/").status_code == 204
    assert stored(settings) == []


@pytest.mark.usefixtures("committed")
def test_it_goes_with_its_user(alice, settings):
    put(alice, pictures.jpeg())
    assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    assert stored(settings) == []


def test_without_one_there_is_none(alice, bob):
    refused(alice.get("/api/profile/avatar/"), 404, "not_found")
    refused(bob.get(f"/api/users/{alice.id}/avatar/"), 404, "not_found")
    assert alice.delete("/api/profile/avatar/").status_code == 204
    assert alice.get("/api/profile/").json()["avatar"] is None


def test_others_who_are_signed_in_see_it(alice, bob, anonymous):
    url = put(alice, pictures.jpeg()).json()["avatar"]
    own = alice.get("/api/profile/avatar/").content
    assert bob.get(f"/api/users/{alice.id}/avatar/").content == own
    his = bob.get(f"/api/users/{alice.id}/").json()["avatar"]
    assert anonymous.get(his).content == anonymous.get(url).content == own
    refused(anonymous.get(f"/api/users/{alice.id}/avatar/"), 401, "not_authenticated")
    refused(anonymous.get("/api/profile/avatar/"), 401, "not_authenticated")


def test_nobody_changes_somebody_elses(alice, bob, dana):
    url = put(alice, pictures.jpeg()).json()["avatar"]
    for someone in (bob, dana):
        file = {"avatar": pictures.as_file(pictures.jpeg(seed=2))}
        refused(someone.put(f"/api/users/{alice.id}/avatar/", file, format="multipart"), 405, "method_not_allowed")
        refused(someone.delete(f"/api/users/{alice.id}/avatar/"), 405, "method_not_allowed")
    assert alice.get("/api/profile/").json()["avatar"] == url


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"GIF89a but no more", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"%PDF-1.4", None),
        (b"\0" * 100, None),
        (pictures.jpeg()[:2000], "truncated"),
        (b"text", "not_an_image"),
    ],
)
def test_what_is_no_image_is_refused_and_changes_nothing(alice, settings, content, code):
    put(alice, pictures.jpeg())
    before = stored(settings)
    answer = put(alice, content)
    refused(answer, 400, code or answer.json()["code"], "/avatar")
    assert stored(settings) == before
    assert list(Path(settings.MEDIA_ROOT, "incoming").glob("*")) == []


@pytest.mark.parametrize(
    ("value", "code"),
    [(None, "null"), ("", "empty"), ("!!!", "invalid_base64"), (5, "invalid"), ([], "invalid"), ({}, "invalid")],
)
def test_a_value_that_is_no_file_is_refused(alice, value, code):
    refused(alice.put("/api/profile/avatar/", {"avatar": value}), 400, code, "/avatar")


def test_an_empty_file_or_none_is_refused(alice):
    refused(put(alice, b""), 400, "empty", "/avatar")
    refused(alice.put("/api/profile/avatar/", {}, format="multipart"), 400, "required", "/avatar")


@pytest.mark.parametrize("form", ["multipart", "json"])
def test_a_huge_one_is_too_large(alice, settings, form):
    content = b"\xff\xd8" + bytes(20_000_000)
    if form == "multipart":
        answer = put(alice, content)
    else:
        answer = alice.put("/api/profile/avatar/", {"avatar": base64.b64encode(content).decode()})
    refused(answer, 413, "too_large", "/avatar")
    assert list(Path(settings.MEDIA_ROOT, "incoming").glob("*")) == []
