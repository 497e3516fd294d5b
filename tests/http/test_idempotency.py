"""A creating request that is sent again with its `Idempotency-Key` gets its first answer, and makes nothing twice."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from albumen.idempotency.models import StoredResponse
from albumen.idempotency.services import responses
from albumen.library import renditions
from albumen.library.models import Picture
from albumen.library.serializers.shapes import PictureSerializer
from tests import pictures
from tests.http.problems import refused

KEY = {"HTTP_IDEMPOTENCY_KEY": "4b0f3f7e-5d1c-4c7e-9a38-1f6f1f0c2a11"}
REPLAYED = "Idempotency-Replayed"


def upload(person: Any, content: bytes | None = None, file_name: str = "photo.jpg", **fields: Any) -> Any:
    file = pictures.as_file(content or pictures.jpeg(), file_name)
    return person.post("/api/pictures/", {"image": file, **fields}, format="multipart", **KEY)


def send_form(person: Any, parts: dict[str, tuple[str, bytes]], boundary: str) -> Any:
    """Send a form as it stands: media type and content of each field."""
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, (kind, content) in parts.items()
    )
    whole = body + f"--{boundary}--\r\n".encode()
    return person.client.generic(
        "POST", "/api/pictures/", whole, content_type=f"multipart/form-data; boundary={boundary}", **KEY
    )


def usage(person: Any) -> Any:
    return person.get("/api/profile/").json()["usage"]["pictures"]


def again(first: Any, second: Any) -> None:
    """The second answer is the first one, and says so."""
    assert first.status_code == 201, first.content
    assert (second.status_code, second.content) == (201, first.content)
    assert (first.get(REPLAYED), second.get(REPLAYED)) == (None, "true")
    assert second["Content-Type"] == first["Content-Type"]


def leave_claim(seconds_old: int) -> None:
    """The row as a process leaves it that is killed at its work."""
    moment = timezone.now() - timedelta(seconds=seconds_old)
    assert StoredResponse.objects.update(status=None, body="", claimed_at=moment) == 1


def test_an_upload_that_is_sent_again_makes_one_picture(alice):
    again(upload(alice), upload(alice))
    assert (Picture.objects.count(), usage(alice)) == (1, 1)


def test_an_expiring_link_that_is_asked_for_again_is_made_once(alice):
    alice.use_plan(original=True, expiring_links=True)
    picture = alice.upload().json()["id"]
    links = f"/api/pictures/{picture}/links/"
    first = alice.post(links, {"expiring_time_seconds": 300}, **KEY)
    again(first, alice.post(links, {"expiring_time_seconds": 300}, **KEY))
    assert [link["id"] for link in alice.get(links).json()["results"]] == [first.json()["id"]]


def test_an_upload_with_a_link_that_is_sent_again_makes_one_of_both(alice):
    alice.use_plan(original=True, expiring_links=True)
    first, second = (upload(alice, expiring_time_seconds=300) for _ in range(2))
    again(first, second)
    assert first.json()["expiring_link"]["url"]
    assert len(alice.get("/api/links/").json()["results"]) == 1


def test_a_plan_that_is_sent_again_is_made_once_with_and_without_the_final_slash(dana):
    body = {"name": "Plus", "thumbnail_heights": [100]}
    again(dana.post("/api/plans/", body, **KEY), dana.post("/api/plans", body, **KEY))
    assert [plan["name"] for plan in dana.get("/api/plans/").json()["results"]].count("Plus") == 1


def test_a_registration_that_is_sent_again_gets_its_first_answer(anonymous):
    body = {"email": "erin@example.com", "password": "correct horse battery staple"}
    again(anonymous.post("/api/register/", body, **KEY), anonymous.post("/api/register/", body, **KEY))
    elsewhere = anonymous.post("/api/register/", body, REMOTE_ADDR="203.0.113.9", **KEY)
    refused(elsewhere, 400, "unique", "/email")


def test_without_a_key_the_same_body_makes_another_picture(alice):
    first, second = alice.upload(), alice.upload()
    assert first.json()["id"] != second.json()["id"]
    assert StoredResponse.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"description": "x"},
        {"content": pictures.jpeg(seed=2)},
        {"file_name": "other.jpg"},
        {"file_name": "photo.JPG"},
        {"another": pictures.as_file(pictures.jpeg())},
    ],
    ids=["name", "text", "bytes", "file name", "case of it", "another part"],
)
def test_the_same_key_with_another_body_is_refused(alice, changes):
    upload(alice)
    refused(upload(alice, **changes), 409, "idempotency_key_reused")
    assert usage(alice) == 1


def test_the_same_key_at_another_address_is_refused(alice):
    alice.use_plan(original=True, expiring_links=True)
    first, second = alice.upload().json()["id"], alice.upload().json()["id"]
    alice.post(f"/api/pictures/{first}/links/", {"expiring_time_seconds": 300}, **KEY)
    answer = alice.post(f"/api/pictures/{second}/links/", {"expiring_time_seconds": 300}, **KEY)
    refused(answer, 409, "idempotency_key_reused")


def test_each_user_has_keys_of_their_own(alice, bob):
    first, second = upload(alice), upload(bob)
    assert (first.json()["owner"], second.json()["owner"]) == (alice.id, bob.id)
    again(first, upload(alice))
    again(second, upload(bob))


def test_a_refusal_frees_the_key(alice):
    refused(upload(alice, b"no picture"), 400, "not_an_image")
    assert StoredResponse.objects.count() == 0
    again(upload(alice), upload(alice))


def test_the_first_answer_holds_when_the_picture_is_gone(alice):
    first = upload(alice)
    alice.delete(f"/api/pictures/{first.json()['id']}/")
    again(first, upload(alice))
    alice.delete(f"/api/trash/{first.json()['id']}/")
    again(first, upload(alice))
    assert usage(alice) == 0


@pytest.mark.parametrize("swept", [True, False])
def test_after_24_hours_a_key_is_new(alice, swept):
    first = upload(alice)
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        call_command("sweep")
        again(first, upload(alice))
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        if swept:
            call_command("sweep")
            assert StoredResponse.objects.count() == 0
        later = upload(alice, pictures.jpeg(seed=2))
        again(later, upload(alice, pictures.jpeg(seed=2)))
    assert later.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("size", [(60, 40), (900, 700)], ids=["small", "large"])
def test_a_form_and_json_with_the_same_content_are_one_request(alice, size):
    alice.use_plan(original=True, expiring_links=True)
    content = pictures.png(*size)
    # A file part without a file name, as JSON has none.
    parts = {"image": ("image/png", content), "expiring_time_seconds": ("text/plain", b"300")}
    first = send_form(alice, parts, boundary="one")
    body = {"image": base64.b64encode(content).decode(), "expiring_time_seconds": 300}
    again(first, alice.post("/api/pictures/", body, **KEY))
    again(first, alice.post("/api/pictures/", {**body, "image": f"data:image/png;base64,{body['image']}"}, **KEY))
    body["image"] = base64.b64encode(pictures.png(*size, seed=2)).decode()
    refused(alice.post("/api/pictures/", body, **KEY), 409, "idempotency_key_reused")


def test_boundary_order_and_declared_type_make_no_other_request(alice):
    content = pictures.jpeg()
    first = send_form(alice, {'image"; filename="a.jpg': ("image/jpeg", content), "name": ("text/plain", b"A")}, "one")
    other = {"name": ("text/plain", b"A"), 'image"; filename="a.jpg': ("application/octet-stream", content)}
    again(first, send_form(alice, other, "two"))
    other['image"; filename="b.jpg'] = other.pop('image"; filename="a.jpg')
    refused(send_form(alice, other, "two"), 409, "idempotency_key_reused")
    assert usage(alice) == 1


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "cl\xe9", "tab\tbed", "\x7f"])
def test_a_key_is_1_to_255_visible_ascii_characters(alice, key):
    refused(alice.post("/api/pictures/", {}, HTTP_IDEMPOTENCY_KEY=key), 400, "invalid_idempotency_key")


def test_the_longest_key_works(dana):
    body = {"name": "Plus", "thumbnail_heights": [100]}
    first, second = (dana.post("/api/plans/", body, HTTP_IDEMPOTENCY_KEY="~" * 255) for _ in range(2))
    again(first, second)


def test_while_the_first_request_is_at_work_the_next_is_told_to_come_back(alice, monkeypatch):
    monkeypatch.setattr(responses, "WAIT_SECONDS", 0.1)
    upload(alice)
    leave_claim(seconds_old=20)
    answer = upload(alice)
    refused(answer, 409, "idempotency_in_progress")
    assert int(answer.headers["Retry-After"]) > 0
    assert usage(alice) == 1


def test_the_claim_of_a_process_that_was_killed_lapses(alice):
    first = upload(alice)
    leave_claim(seconds_old=61)
    # Another body may have it, too: nothing came of the first.
    second = upload(alice, pictures.jpeg(seed=2))
    assert second.json()["id"] > first.json()["id"]
    again(second, upload(alice, pictures.jpeg(seed=2)))


def test_whoever_loses_the_claim_while_at_work_still_makes_one(alice, monkeypatch):
    place_upload, freed = renditions.place_upload, []

    def slowly(*args: Any) -> Any:
        if not freed:
            freed.append(responses.free_claims())
        return place_upload(*args)

    monkeypatch.setattr(renditions, "place_upload", slowly)
    again(upload(alice), upload(alice))
    assert (Picture.objects.count(), usage(alice)) == (1, 1)


def test_whoever_is_overtaken_gives_the_answer_of_the_other_and_makes_nothing(alice, monkeypatch):
    place_upload, overtaking = renditions.place_upload, []

    def slowly(*args: Any) -> Any:
        if not overtaking:
            overtaking.append(None)
            leave_claim(seconds_old=61)
            overtaking.append(upload(alice))
        return place_upload(*args)

    monkeypatch.setattr(renditions, "place_upload", slowly)
    overtaken = upload(alice)
    again(overtaking[1], overtaken)
    assert (Picture.objects.count(), usage(alice)) == (1, 1)


def test_a_failure_before_the_answer_is_stored_leaves_nothing(alice, monkeypatch):
    alice.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(PictureSerializer, "to_representation", lambda *args: 1 / 0)
        assert upload(alice).status_code == 500
    assert (Picture.objects.count(), usage(alice), StoredResponse.objects.count()) == (0, 0, 0)
    again(upload(alice), upload(alice))


def test_nothing_of_a_request_is_stored_but_a_keyed_hash(anonymous):
    body = {"email": "erin@example.com", "password": "correct horse battery staple"}
    assert anonymous.post("/api/register/", body, **KEY).status_code == 201
    (row,) = StoredResponse.objects.values()
    stored = str(row)
    assert "erin@example.com" in stored
    assert body["password"] not in stored
    assert hashlib.sha256(body["password"].encode()).hexdigest() not in stored


def test_what_was_answered_to_a_user_goes_with_the_user(alice, bob):
    upload(alice)
    upload(bob)
    assert alice.delete("/api/profile/", {"password": alice.password}).status_code == 204
    assert StoredResponse.objects.get().user_id == bob.id


def test_the_description_shows_the_header_where_something_is_made(client):
    described = client.get("/api/schema/", headers={"Accept": "application/json"}).json()["paths"]
    taking = {
        path
        for path, methods in described.items()
        if any(one["name"] == "Idempotency-Key" for one in methods.get("post", {}).get("parameters", ()))
    }
    assert {"/api/register/", "/api/plans/", "/api/pictures/", "/api/pictures/{picture_id}/links/"} <= taking
    assert not taking & {"/api/login/", "/api/refresh/", "/api/pictures/{picture_id}/restore/"}
    for path in taking:
        answers_of = described[path]["post"]["responses"]
        made = next(answers_of[status] for status in ("201", "202", "200") if status in answers_of)
        assert REPLAYED in made["headers"]
        assert "409" in answers_of
    for path, methods in described.items():
        others = [
            one["name"] for name, method in methods.items() if name != "post" for one in method.get("parameters", ())
        ]
        assert "Idempotency-Key" not in others, path


def test_pages_of_other_origins_may_send_the_key(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    asked = {"HTTP_ORIGIN": "https://app.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST"}
    answer = APIClient().options("/api/pictures/", **asked)
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"]
