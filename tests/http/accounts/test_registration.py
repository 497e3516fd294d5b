"""Registering (requirements A1.4, B3)."""

import base64

import httpx
import pytest
from rest_framework.test import APIClient

from tests import pictures
from tests.conftest import PASSWORD
from tests.http.problems import refused

ALICE = {"email": "alice@example.com", "password": PASSWORD}


def test_alice_gives_everything_and_gets_her_record(anonymous):
    fields = {"first_name": "Alice", "last_name": "Liddell", "phone": "+49 (30) 123-4567"}
    answer = anonymous.post("/api/register/", ALICE | fields)
    assert answer.status_code == 201
    user = answer.json()
    assert {name: user[name] for name in fields} == fields
    assert (user["email"], user["name"], user["organizations"]) == ("alice@example.com", "Alice Liddell", [])
    assert (user["is_staff"], user["usage"], user["avatar"]) == (False, {"bytes": 0, "pictures": 0}, None)
    assert user["date_joined"].endswith("Z")
    assert "password" not in user


def test_email_and_password_are_enough(anonymous):
    answer = anonymous.post("/api/register/", ALICE)
    assert answer.status_code == 201
    assert (answer.json()["first_name"], answer.json()["phone"]) == ("", "")


def test_a_name_is_kept_as_the_first_name(anonymous):
    answer = anonymous.post("/api/register/", ALICE | {"name": "Alice"})
    assert answer.json()["first_name"] == "Alice"


def test_a_first_name_goes_before_a_name(anonymous):
    answer = anonymous.post("/api/register/", ALICE | {"name": "Somebody", "first_name": "Alice"})
    assert answer.json()["first_name"] == "Alice"


def test_the_password_is_stored_as_an_argon2id_hash_alone(full_hashes, alice):
    from albumen.accounts.models import User

    stored = User.objects.get(pk=alice.id).password
    assert stored.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in stored


def test_an_avatar_comes_along_as_a_file(anonymous, person):
    file = pictures.as_file(pictures.jpeg())
    answer = anonymous.post("/api/register/", ALICE | {"avatar": file}, format="multipart")
    assert answer.status_code == 201
    assert APIClient().get(answer.json()["avatar"]).status_code == 200


@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
def test_an_avatar_comes_along_as_base64(anonymous, head):
    text = head + base64.b64encode(pictures.png()).decode()
    answer = anonymous.post("/api/register/", ALICE | {"avatar": text})
    assert answer.status_code == 201
    assert APIClient().get(answer.json()["avatar"]).status_code == 200


def test_an_avatar_that_is_no_image_makes_no_user(anonymous):
    text = base64.b64encode(b"not an image at all").decode()
    refused(anonymous.post("/api/register/", ALICE | {"avatar": text}), 400, "not_an_image", "/avatar")
    assert anonymous.post("/api/login/", ALICE).status_code == 401


@pytest.mark.parametrize(
    "email", ["alice@example.com", "ALICE@example.com", "aLiCe@EXAMPLE.COM", " alice@example.com "]
)
def test_an_email_is_taken_in_whatever_case(alice, anonymous, email):
    refused(anonymous.post("/api/register/", ALICE | {"email": email}), 400, "unique", "/email")


def test_the_spelling_of_the_email_is_kept(anonymous):
    answer = anonymous.post("/api/register/", ALICE | {"email": "Alice.Liddell@Example.COM"})
    assert answer.json()["email"] == "Alice.Liddell@example.com"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x7Kq!", "password_too_short"),
        ("password123", "password_too_common"),
        ("8402957103", "password_entirely_numeric"),
        ("wonderland-hatter", "password_too_similar"),
    ],
)
def test_a_weak_password_is_refused(anonymous, password, code):
    fields = {"email": "wonderland-hatter@example.com", "password": password}
    refused(anonymous.post("/api/register/", fields), 400, code, "/password")


def test_a_password_like_the_last_name_is_refused(anonymous):
    fields = ALICE | {"password": "featherstonehaugh1", "last_name": "Featherstonehaugh"}
    refused(anonymous.post("/api/register/", fields), 400, "password_too_similar", "/password")


@pytest.mark.parametrize(
    "email",
    ["", "alice", "alice@", "@example.com", "a b@example.com", "alice@example", "alice@example.com\nBcc: x@y.zz"],
)
def test_what_is_no_email_is_refused(anonymous, email):
    answer = anonymous.post("/api/register/", ALICE | {"email": email})
    refused(answer, 400, answer.json()["code"], "/email")
    assert answer.json()["code"] in ("invalid", "blank")


@pytest.mark.parametrize("phone", ["call me", "12", "+", "++49 30 1234", "0" * 33, "030 12<script>", "٠٣٠١٢٣٤"])
def test_what_is_no_phone_number_is_refused(anonymous, phone):
    answer = anonymous.post("/api/register/", ALICE | {"phone": phone})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/phone"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "a" * 250 + "@example.com"),
        ("password", "long " * 41),
        ("first_name", "x" * 151),
        ("last_name", "x" * 151),
        ("name", "x" * 151),
    ],
)
def test_a_value_that_is_too_long_is_refused(anonymous, field, value):
    answer = anonymous.post("/api/register/", ALICE | {field: value})
    assert answer.status_code == 400
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} >= {(f"/{field}", "max_length")}


@pytest.mark.parametrize("field", ["email", "password"])
def test_what_is_needed_is_named(anonymous, field):
    fields = {name: value for name, value in ALICE.items() if name != field}
    refused(anonymous.post("/api/register/", fields), 400, "required", f"/{field}")


@pytest.mark.parametrize("field", ["email", "password", "first_name", "last_name", "phone", "name"])
@pytest.mark.parametrize("value", [["x"], {"x": 1}, True, None])
def test_a_value_of_another_type_is_refused(anonymous, field, value):
    answer = anonymous.post("/api/register/", ALICE | {field: value})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {f"/{field}"}


@pytest.mark.parametrize("field", ["email", "password", "first_name", "last_name", "phone", "name"])
def test_a_nul_is_refused(anonymous, field):
    answer = anonymous.post("/api/register/", ALICE | {field: "a\0b"})
    assert answer.status_code == 400
    errors = {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert (f"/{field}", "null_characters_not_allowed") in errors


def test_of_twenty_who_want_one_email_at_once_one_gets_it(shared_server, at_once):
    emails = ["Race@example.com", "race@example.com"]

    def register(turn: int) -> httpx.Response:
        body = {"email": emails[turn % 2], "password": PASSWORD}
        return httpx.post(f"{shared_server.url}/api/register/", json=body, timeout=60)

    answers = at_once(register, 20)
    late = [answer for answer in answers if answer.status_code != 201]
    assert len(late) == 19
    for answer in late:
        refused(answer, 400, "unique", "/email")
    rows = shared_server.sql("SELECT count(*) FROM accounts_user WHERE lower(email) = 'race@example.com'")
    assert rows == [(1,)]
