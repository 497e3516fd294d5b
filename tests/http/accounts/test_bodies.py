"""Bodies that no client of good will sends."""

import httpx
import pytest

from tests.http.problems import refused

OPEN = ["/api/register/", "/api/login/", "/api/refresh/", "/api/logout/", "/api/password/reset/"]
MALFORMED = {
    "array": b'["email"]',
    "string": b'"email"',
    "number": b"1",
    "null": b"null",
    "cut short": b'{"email": "alice',
    "100,000 brackets": b"[" * 100_000,
    "100,000 objects": b'{"email":' * 100_000,
    "invalid UTF-8": b'{"email": "\xff\xfe"}',
    "half a surrogate pair": b'{"email": "\\ud800"}',
    "5,000 digits": b'{"email": ' + b"9" * 5000 + b"}",
    "not a number": b'{"email": NaN}',
    "UTF-16": '{"email": "a"}'.encode("utf-16"),
}


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("kind", MALFORMED)
def test_a_body_that_is_no_json_object_is_refused(anonymous, path, kind):
    answer = anonymous.generic("POST", path, MALFORMED[kind], content_type="application/json")
    refused(answer, 400, "malformed_json")


@pytest.mark.parametrize("path", OPEN)
def test_an_empty_body_names_what_is_needed(anonymous, path):
    answer = anonymous.generic("POST", path, b"", content_type="application/json")
    refused(answer, 400, "required")


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "rot13", "none-such"])
def test_another_charset_is_refused(anonymous, path, charset):
    body = '{"email": "é@example.com"}'.encode("latin-1")
    answer = anonymous.generic("POST", path, body, content_type=f"application/json; charset={charset}")
    refused(answer, 400, "unsupported_charset")


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "image/jpeg", "nonsense"])
def test_another_media_type_is_refused(anonymous, path, media_type):
    answer = anonymous.generic("POST", path, b'{"email": "alice@example.com"}', content_type=media_type)
    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("path", OPEN)
def test_a_body_of_megabytes_is_too_large(anonymous, path):
    body = b'{"x": [' + b"1," * 600_000 + b"1]}"
    refused(anonymous.generic("POST", path, body, content_type="application/json"), 413, "too_large")


@pytest.mark.parametrize("path", OPEN)
def test_a_form_without_a_boundary_is_refused(anonymous, path):
    answer = anonymous.generic("POST", path, b"email=a", content_type="multipart/form-data")
    refused(answer, 400, answer.json()["code"])


@pytest.mark.parametrize("charset", ["rot13", "hex", "undefined", "utf-16", "none-such"])
def test_a_real_server_refuses_whatever_pythons_codecs_are_called(shared_server, charset):
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    answer = httpx.get(f"{shared_server.url}/api/plans/?page_size=1", headers=headers)
    refused(answer, 400, "unsupported_charset")


def test_a_nul_in_the_address_is_refused(alice):
    refused(alice.get("/api/users/?search=%00"), 400, "null_character")
    refused(alice.get("/api/users/%00/"), 400, "null_character")


@pytest.mark.parametrize("text", ["%ED%A0%80", "a%ED%B0%80", "%FF", "%C3"])
def test_half_a_character_is_refused_in_a_query(alice, text):
    for path in ("/api/users/", "/api/pictures/", "/api/albums/", "/api/organizations/"):
        refused(alice.get(f"{path}?search={text}"), 400, "invalid_encoding")
    assert alice.get("/api/albums/?search=%D0%81%F0%9F%8E%84").status_code == 200


@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 5000, "-1", "1.5", "0x1", "%D9%A1"])
def test_an_id_that_nothing_has_is_not_found(alice, number):
    refused(alice.get(f"/api/users/{number}/"), 404, "not_found")
