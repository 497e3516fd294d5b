"""The ways in: a form's file, base64 in JSON, a data URL; short ones and those that are written to disk on the way."""

import base64
import itertools
import json

import pytest

from tests import pictures
from tests.http.problems import refused

LONG = pictures.png(400, 300)  # about 100 kB of base64, more than is held in memory
SHORT = pictures.png(60, 40)


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def send(person, body: str):
    return person.client.post("/api/pictures/", body, content_type="application/json")


def test_the_two_samples_take_the_two_ways():
    assert len(text_of(SHORT)) < 64 * 1024 < len(text_of(LONG))


def test_a_form_keeps_the_file_and_the_fields_beside_it(alice):
    answer = alice.upload(LONG, name="beach.png", description="On the beach")
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["description"]) == ("beach.png", "On the beach")
    assert answer.json()["bytes"] == len(LONG)


@pytest.mark.parametrize("content", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("head", ["", "data:image/png;base64,", "data:;base64,", "data:image/gif;charset=x;base64,"])
def test_json_takes_base64_bare_and_as_a_data_url(alice, content, head):
    answer = alice.post("/api/pictures/", {"image": head + text_of(content), "name": "Dot"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["bytes"] == len(content)
    assert (answer.json()["format"], answer.json()["name"]) == ("png", "Dot")


@pytest.mark.parametrize("content", [SHORT, LONG], ids=["short", "long"])
def test_fields_may_stand_on_either_side_of_the_image(alice, content):
    body = {"name": 'Before "quoted" \\ é', "image": text_of(content), "description": "After 日本"}
    answer = send(alice, json.dumps(body))
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == body["name"]
    assert answer.json()["description"] == body["description"]


def wrapped(text: str) -> str:
    return "\\r\\n".join(text[start : start + 76] for start in range(0, len(text), 76))


SPELLINGS = {
    "escaped slashes": lambda text: text.replace("/", "\\/"),
    "escaped plus signs": lambda text: text.replace("+", "\\u002B").replace("/", "\\u002f"),
    "lines": wrapped,
    "no padding": lambda text: text.rstrip("="),
    "spaces around": lambda text: f"  {text}\\n",
}


PADDED = {"short": pictures.png(61, 41, seed=3) + b"xy", "long": LONG + b"x" * (1 + -len(LONG) % 3)}


@pytest.mark.parametrize(("spelling", "length"), list(itertools.product(SPELLINGS, PADDED)))
def test_every_spelling_of_base64_that_json_clients_write_is_the_same_picture(alice, spelling, length):
    content = PADDED[length]
    text = text_of(content)
    assert text.endswith("=")
    answer = send(alice, f'{{"image": "{SPELLINGS[spelling](text)}", "name": "Dot"}}')
    assert answer.status_code == 201, answer.content
    assert answer.json()["bytes"] == len(content)


@pytest.mark.parametrize("content", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("junk", ["*", "é", "====", "-_"])
def test_broken_base64_in_the_middle_is_refused_and_leaves_nothing(alice, stored, content, junk):
    text = text_of(content)
    middle = len(text) // 8 * 4
    answer = alice.post("/api/pictures/", {"image": text[:middle] + junk + text[middle:]})
    refused(answer, 400, "invalid_base64", "/image")
    assert stored() == []
    assert alice.get("/api/pictures/").json()["results"] == []


@pytest.mark.parametrize("content", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("head", ["data:image/png,", "data:image/png;base64", "date:image/png;base64,", "http://x/,"])
def test_another_head_than_that_of_a_data_url_is_refused(alice, stored, content, head):
    refused(alice.post("/api/pictures/", {"image": head + text_of(content)}), 400, "invalid_base64", "/image")
    assert stored() == []


def test_what_is_no_string_is_no_image(alice):
    for image in (None, 7, True, [], {}, ["aGVsbG8="], {"bytes": "aGVsbG8="}):
        answer = alice.post("/api/pictures/", {"image": image})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/image"


@pytest.mark.parametrize("body", [{}, {"name": "Dot"}])
def test_no_image_is_a_missing_field(alice, body):
    refused(alice.post("/api/pictures/", body), 400, "required", "/image")
    refused(alice.post("/api/pictures/", body, format="multipart"), 400, "required", "/image")


def test_an_empty_image_is_refused(alice, stored):
    refused(alice.upload(b""), 400, "empty", "/image")
    refused(alice.post("/api/pictures/", {"image": "data:image/png;base64,"}), 400, "empty", "/image")
    assert stored() == []


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("{", "application/json", 400),
        ('{"image": "', "application/json", 400),
        ('{"image": "' + "A" * 70_000, "application/json", 400),
        ("[]", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("a=b", "application/x-www-form-urlencoded", 415),
        ("<a/>", "application/xml", 415),
        ("x", "image/png", 415),
        ("x", "multipart/form-data", 400),
        ("x", "multipart/form-data; boundary=b", 400),
    ],
)
def test_a_body_of_another_kind_or_in_pieces_is_refused(alice, stored, body, media_type, status):
    answer = alice.client.post("/api/pictures/", body, content_type=media_type)
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert stored() == []


def test_nobody_uploads_without_signing_in(anonymous, stored):
    answer = anonymous.post("/api/pictures/", {"image": pictures.as_file(SHORT)}, format="multipart")
    assert "Sign in first" in refused(answer, 401, "not_authenticated")["detail"]
    assert stored() == []
