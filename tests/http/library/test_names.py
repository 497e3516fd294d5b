"""A picture's name: given, or the file's; one harmless line either way."""

import base64
import re
from urllib.parse import unquote

import pytest

from tests import pictures
from tests.http.problems import refused

BOUNDARY = "cut-here"


def upload_file_called(person, filename: bytes, content: bytes = b""):
    """A form as a hostile client would write it, byte for byte."""
    body = (
        b'--cut-here\r\nContent-Disposition: form-data; name="image"; filename="' + filename + b'"\r\n'
        b"Content-Type: image/png\r\n\r\n" + (content or pictures.png(40, 30)) + b"\r\n--cut-here--\r\n"
    )
    return person.client.generic(
        "POST", "/api/pictures/", body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        (b"beach.png", "beach.png"),
        ("Плaж 日本.png".encode(), "Плaж 日本.png"),
        ("\U0001f469 \u00e9.png".encode(), "\U0001f469 \u00e9.png"),
        (b"../../etc/passwd", "passwd"),
        (b"..\\\\..\\\\windows\\\\win.ini", "win.ini"),
        ("photo\u202egnp.exe".encode(), "photognp.exe"),
        (b"a\x00b.png", "ab.png"),
        (b"x" * 700 + b".png", "x" * 255),
    ],
)
def test_the_file_names_the_picture(alice, filename, name):
    answer = upload_file_called(alice, filename)
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == name


def test_a_picture_that_nobody_names_is_called_picture(alice):
    image = base64.b64encode(pictures.png(40, 30)).decode()
    assert alice.post("/api/pictures/", {"image": image}).json()["name"] == "picture"
    assert alice.post("/api/pictures/", {"image": image, "name": "\u202e\u200d"}).json()["name"] == "picture"


def test_a_name_that_is_given_goes_before_the_file_s(alice):
    assert alice.upload(name="file.jpg").json()["name"] == "file.jpg"
    answer = alice.post(
        "/api/pictures/", {"image": pictures.as_file(pictures.jpeg()), "name": "../<b>Beach</b>"}, format="multipart"
    )
    assert answer.json()["name"] == "../<b>Beach</b>"
    answer = alice.post(
        "/api/pictures/", {"image": pictures.as_file(pictures.jpeg(), "file.jpg"), "name": ""}, format="multipart"
    )
    assert answer.json()["name"] == "file.jpg"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a\r\nSet-Cookie: b", "a  Set-Cookie: b"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("é" * 255, "é" * 255),
    ],
)
def test_a_name_is_one_line_that_reads_as_it_is_written(alice, given, name):
    picture = alice.upload().json()
    answer = alice.patch(f"/api/pictures/{picture['id']}/", {"name": given})
    assert answer.status_code == 200, answer.content
    assert answer.json()["name"] == name
    assert alice.get(f"/api/pictures/{picture['id']}/").json()["name"] == name


@pytest.mark.parametrize("given", ["", "   ", "\u202e\u202e", "\u200d", "a" * 256, "a\0b", None, ["a"]])
def test_a_name_that_shows_nothing_or_too_much_is_refused(alice, given):
    picture = alice.upload(name="beach.jpg").json()
    answer = alice.patch(f"/api/pictures/{picture['id']}/", {"name": given})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] == "/name"
    assert alice.get(f"/api/pictures/{picture['id']}/").json()["name"] == "beach.jpg"


def test_a_name_or_description_that_is_too_long_leaves_nothing_behind(alice, stored):
    file = pictures.as_file(pictures.jpeg())
    answer = alice.post("/api/pictures/", {"image": file, "name": "n" * 5000}, format="multipart")
    refused(answer, 400, "max_length", "/name")
    refused(alice.upload(description="d" * 5001), 400, "max_length", "/description")
    assert stored() == []


def test_a_hostile_name_is_a_harmless_file_name_when_it_is_delivered(alice):
    from django.utils.http import parse_header_parameters

    for given in (
        'a"; filename=evil.html',
        "../../etc/passwd",
        "C:\\x",
        '日本; x="y"',
        "n" * 255,
        ".htaccess",
        "a.jpg.html",
    ):
        picture = alice.upload().json()
        url = alice.patch(f"/api/pictures/{picture['id']}/", {"name": given}).json()["thumbnails"][0]["url"]
        kind, plain, whole = alice.get(url).headers["Content-Disposition"].split("; ")
        assert kind == "inline"
        assert re.fullmatch(r'filename="[ -~]+\.jpg"', plain)
        assert re.fullmatch(r"filename\*=UTF-8''[\w.!#$&+^`|~%-]+\.jpg", whole, re.ASCII)
        _, parameters = parse_header_parameters(f"{kind}; {whole}")
        assert not set(parameters["filename"]) & set('/\\:"\r\n\0<>')
        assert not parameters["filename"].startswith(".")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Café à Paris", "Cafe a Paris.jpg"),
        ("100 % sure", "100 _ sure.jpg"),
        ("Зима", "picture.jpg"),
        ("2024 зима", "2024 ____.jpg"),
        ("🩷", "picture.jpg"),
        ("CON", "_CON.jpg"),
        ("photo.JPEG", "photo.JPEG"),
    ],
)
def test_a_download_has_a_name_in_ascii_beside_its_own(alice, name, plain):
    alice.use_plan(original=True)
    picture = alice.upload(name="x.jpg").json()
    url = alice.patch(f"/api/pictures/{picture['id']}/", {"name": name}).json()["original"]
    said = alice.get(url).headers["Content-Disposition"]
    assert said.startswith(f'inline; filename="{plain}"; filename*=')
    own = unquote(said.partition("filename*=UTF-8''")[2])
    assert own == (plain if plain.startswith("_") else name.removesuffix(".JPEG") + "." + plain.rpartition(".")[2])
