"""Names of files as browsers, phones and libraries send them: the picture is kept, and its name is what people see."""
# ruff: noqa: RUF001  (spaces and letters that look alike are what this is about)

import pytest

from albumen.uploads.client_filenames import name_in_url
from tests import pictures
from tests.http.problems import refused

SMALL = pictures.png(40, 30)


def send(
    person, disposition: bytes, *, head: bytes = b"Content-Type: image/png\r\n", content: bytes = SMALL, end=b"--"
):
    """A form with one part, byte for byte as a client would write it."""
    body = b"--cut\r\nContent-Disposition: form-data; name=" + disposition + b"\r\n" + head
    body += b"\r\n" + content + b"\r\n--cut" + end + b"\r\n"
    return person.client.generic("POST", "/api/pictures/", body, content_type="multipart/form-data; boundary=cut")


PEOPLE_S = [
    "Screenshot 2024-05-06 at 10.15.30\u202fAM.png",
    "می\u200cخواهم.png",
    "ක්\u200dෂ.png",
    "👨\u200d👩\u200d👧\u200d👦.png",
    "旅行\u30002024.png",
    "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f.png",
    "❤\ufe0f.png",
    "🩷🫨🪿.png",
    "\U0001fae9\U0001fadf.png",
    "\U00032000.png",
    "e\u0301.png",
    "שלום\u200e.png",
    "it's 100% &amp; <fun>; really.png",
]


@pytest.mark.parametrize("name", PEOPLE_S)
def test_a_name_stays_as_it_is_at_every_door(alice, name):
    assert send(alice, b'"image"; filename="' + name.encode() + b'"').json()["name"] == name
    image = pictures.as_file(SMALL, "other.png")
    assert alice.post("/api/pictures/", {"image": image, "name": name}, format="multipart").json()["name"] == name
    picture = alice.upload(SMALL).json()["id"]
    assert alice.patch(f"/api/pictures/{picture}/", {"name": name}).json()["name"] == name
    assert alice.post("/api/albums/", {"name": name}).json()["name"] == name
    assert alice.post("/api/organizations/", {"name": name}).json()["name"] == name
    assert alice.patch("/api/profile/", {"last_name": name}).json()["last_name"] == name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("photo\u202egnp.exe", "photognp.exe"),
        ("\u2066a\u2069\u202ab\u202c", "ab"),
        ("a\u200bb\ufeffc\x07d\x85e\x9ff", "abcd ef"),
        ("one\ttwo\u2028three", "one two three"),
        ("\u3000 in the middle\u00a0 ", "in the middle"),
    ],
)
def test_what_is_dropped_is_dropped_at_every_door(alice, dana, sent, kept):
    assert send(alice, b'"image"; filename="' + sent.encode() + b'"').json()["name"] == kept
    image = pictures.as_file(SMALL, "other.png")
    assert alice.post("/api/pictures/", {"image": image, "name": sent}, format="multipart").json()["name"] == kept
    assert alice.post("/api/albums/", {"name": sent}).json()["name"] == kept
    assert alice.post("/api/organizations/", {"name": sent}).json()["name"] == kept
    assert alice.patch("/api/profile/", {"first_name": sent}).json()["first_name"] == kept
    assert dana.patch(f"/api/users/{alice.id}/", {"last_name": sent}).json()["last_name"] == kept
    assert dana.post("/api/plans/", {"name": sent, "thumbnail_heights": [200]}).json()["name"] == kept


@pytest.mark.parametrize(
    "blank", ["\u200b", "\u202e\ufeff", "\u200d", "\u3000\u00a0", "\u2800", "\u3164", "\ufe0f\x07"]
)
def test_a_name_of_nothing_that_shows_is_blank(alice, dana, blank):
    for path, body in (
        ("/api/albums/", {"name": blank}),
        ("/api/organizations/", {"name": blank}),
    ):
        refused(alice.post(path, body), 400, "blank", "/name")
    refused(dana.post("/api/plans/", {"name": blank, "thumbnail_heights": [200]}), 400, "blank", "/name")
    assert send(alice, b'"image"; filename="' + blank.encode() + b'"').json()["name"] == "picture"
    assert alice.patch("/api/profile/", {"first_name": blank}).json()["first_name"] == ""


def test_a_length_is_counted_without_what_is_dropped(alice):
    assert alice.post("/api/albums/", {"name": "n" * 150 + "\u200b" * 50}).json()["name"] == "n" * 150
    refused(alice.post("/api/albums/", {"name": "n" * 151}), 400, "max_length", "/name")


def test_a_long_name_is_not_cut_within_a_character(alice):
    family = "👨\u200d👩\u200d👧"
    answer = send(alice, b'"image"; filename="' + ("n" * 252 + family).encode() + b'"')
    assert answer.json()["name"] == "n" * 252


def test_lines_of_a_description_stay(alice):
    sent = "One\r\nTwo\tthree\n\n\u202eFour\u200b\x07 🩷"
    kept = "One\r\nTwo\tthree\n\nFour 🩷"
    assert alice.upload(SMALL, description=sent).json()["description"] == kept
    for path in ("/api/albums/", "/api/organizations/"):
        assert alice.post(path, {"name": "Lines", "description": sent}).json()["description"] == kept


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"caf\xe9.png", "café.png"),
        (b"Gr\xfc\xdfe \x96 M\xfcnchen.png", "Grüße – München.png"),
        ("写真.png".encode("shift_jis"), "写真.png"),
        ("テスト表.png".encode("shift_jis"), "テスト表.png"),
        ("ソ".encode("shift_jis"), "ソ"),
        (b"\xff\x81\xff.png", "\ufffd\ufffd\ufffd.png"),
        (b"a %22quoted%22 100%25.png", 'a "quoted" 100%25.png'),
        (b'a \\"quoted\\".png', 'a "quoted".png'),
        (b"two%0D%0Alines.png", "two  lines.png"),
        (b"=?UTF-8?B?w6nDqS5wbmc=?=", "éé.png"),
        (b"C:\\Users\\Bob\\photo.png", "photo.png"),
        (b".", "picture"),
        (b"n" * 2000, "n" * 255),
    ],
)
def test_a_name_in_another_spelling_is_repaired(alice, raw, name):
    answer = send(alice, b'"image"; filename="' + raw + b'"')
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == name


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (b"filename=\"plain.png\"; filename*=UTF-8''%E6%97%85%E8%A1%8C.png", "旅行.png"),
        (b"filename*=utf-8''%E6%97%85.png", "旅.png"),
        (b"filename*=iso-8859-1'de'%FCber.png", "über.png"),
        (b"filename*=klingon''%E6.png; filename=\"plain.png\"", "plain.png"),
        (b"filename*=klingon''%E6.png", "picture"),
        (b"filename=bare.png", "bare.png"),
    ],
)
def test_an_extended_name_is_read(alice, parameters, name):
    answer = send(alice, b'"image"; ' + parameters)
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == name


@pytest.mark.parametrize("disposition", [b'"image"', b'"image"; filename=""'])
@pytest.mark.parametrize("media_type", [b"image/png", b"IMAGE/JPEG", b"application/octet-stream"])
def test_a_part_without_a_file_name_is_the_picture_where_its_type_says_so(alice, disposition, media_type):
    answer = send(alice, disposition, head=b"Content-Type: " + media_type + b"\r\n")
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == "picture"


@pytest.mark.parametrize("content", [SMALL, b"\xff" * 1_500_000], ids=["small", "large"])
def test_bytes_that_nothing_calls_a_file_are_refused_in_their_own_words(alice, stored, content):
    problem = refused(send(alice, b'"image"', head=b"", content=content), 400, "file_name_missing", "/image")
    assert "file name" in problem["detail"]
    assert stored() == []


def test_a_file_input_that_was_left_empty_is_no_file(alice):
    answer = send(alice, b'"image"; filename=""', head=b"Content-Type: application/octet-stream\r\n", content=b"")
    refused(answer, 400, "required", "/image")


def test_a_part_in_base64_is_read(alice):
    import base64

    head = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
    answer = send(alice, b'"image"; filename="a.png"', head=head, content=base64.encodebytes(SMALL))
    assert answer.status_code == 201, answer.content


def test_a_form_that_ends_early_loses_no_picture_silently(alice, stored):
    body = b'--cut\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + SMALL
    answer = alice.client.generic("POST", "/api/pictures/", body, content_type="multipart/form-data; boundary=cut")
    refused(answer, 400, "body_incomplete")
    assert stored() == []
    assert send(alice, b'"image"; filename="a.png"', end=b"").status_code == 201


def test_a_field_that_is_not_utf8_is_refused_and_a_replacement_character_is_one(alice):
    fields = b'--cut\r\nContent-Disposition: form-data; name="description"\r\n\r\n\xe9\r\n'
    body = fields + b'--cut\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + SMALL
    body += b"\r\n--cut--\r\n"
    answer = alice.client.generic("POST", "/api/pictures/", body, content_type="multipart/form-data; boundary=cut")
    refused(answer, 400, "invalid_encoding", "/description")
    assert alice.upload(SMALL, description="\ufffd").json()["description"] == "\ufffd"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/a/%E6%97%85%E8%A1%8C.png?x=1", "旅行.png"),
        ("https://example.com/caf%E9.png", "café.png"),
        ("https://example.com/%8E%CA%90%5E.png", "写真.png"),
        ("https://example.com/a/", ""),
    ],
)
def test_an_address_names_the_picture_that_is_copied_from_it(url, name):
    assert name_in_url(url) == name
