"""A field that nobody knows is refused, in every body and form; what an answer held may be sent back in a change."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from tests import pictures
from tests.conftest import PASSWORD
from tests.http.conftest import Studio, new_album, rows_of
from tests.http.problems import refused

STRANGE = "frobnicate"
ALIASES = "Aliases"
# An alias that passes nothing over: what seems to say which pictures are meant must not be ignored.
STRICT_ALIAS = "delete", "/images/"
FORMS = {"multipart/form-data": "multipart", "application/json": "json"}


def operations():
    """(method, path, media types, tag) of whatever takes a body, or might be sent one."""
    for path, methods in SchemaGenerator().get_schema(request=None, public=True)["paths"].items():
        for method, operation in methods.items():
            if method in ("post", "put", "patch", "delete") or "requestBody" in operation:
                # JSON also where the description names the form alone.
                kinds = {"application/json", *operation.get("requestBody", {}).get("content", ())}
                yield method, path, operation["tags"], kinds


class World:
    """Dana runs everything, and owns one of each thing."""

    def __init__(self, dana, bob):
        self.person = dana
        dana.use_plan(thumbnail_heights=[200], original=True, expiring_links=True)
        studio = Studio(dana)
        studio.add(bob, "viewer")
        dana.put("/api/profile/avatar/", {"avatar": pictures.as_file(pictures.png())}, format="multipart")
        self.album = new_album(dana, organization=studio.id)
        self.picture = dana.upload(album=self.album).json()["id"]
        task = dana.post("/api/profile/export/").json()["id"]
        link = dana.post(f"/api/pictures/{self.picture}/links/", {"expiring_time_seconds": 300}).json()["id"]
        session = dana.get("/api/sessions/").json()["results"][0]["id"]
        self.ids = {
            "album_id": self.album,
            "picture_id": self.picture,
            "organization_id": studio.id,
            "invitation_id": 1,
            "plan_id": dana.get("/api/plans/").json()["results"][0]["id"],
            "user_id": bob.id,
            "task_id": task,
            "link_id": link,
            "session_id": session,
            "token": "unknown",
        }

    def path(self, path):
        return path.format(**self.ids)


@pytest.fixture
def world(dana, bob):
    return World(dana, bob)


def check_operation(world, method, path, tags, kind):
    answer = getattr(world.person, method)(world.path(path), {STRANGE: "1"}, format=FORMS[kind])
    if ALIASES in tags and (method, path) != STRICT_ALIAS:
        assert "unknown_field" not in answer.content.decode()
    else:
        problem = refused(answer, 400, "unknown_field", f"/{STRANGE}")
        assert [error["code"] for error in problem["errors"]] == ["unknown_field"]


def test_every_operation_refuses_it(world):
    wrong = []
    for method, path, tags, kinds in operations():
        for kind in sorted(kinds & FORMS.keys()):
            with transaction.atomic():
                try:
                    check_operation(world, method, path, tags, kind)
                except AssertionError as failure:
                    wrong.append(f"{method} {path} {kind}: {failure}")
                transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "body", "pointer", "said"),
    [
        ("albums/", {"name": "Summer", "visibilty": "public"}, "/visibilty", "Did you mean visibility?"),
        ("albums/", {"name": "Summer", "colour": "red"}, "/colour", "known: name, description, organization"),
        ("albums/", {"name": "Summer", "owner": 1}, "/owner", "only be read"),
        ("albums/", {"name": "Summer", "a/b~c": 1}, "/a~1b~0c", "no such field"),
        ("organizations/", {"name": "Club", "opne": True}, "/opne", "Did you mean open?"),
        ("logout/all/", {"everywhere": True}, "/everywhere", "takes none"),
    ],
)
def test_the_refusal_says_what_there_is(alice, path, body, pointer, said):
    (error,) = refused(alice.post(f"/api/{path}", body), 400, "unknown_field")["errors"]
    assert error["pointer"] == pointer
    assert said in error["detail"]
    assert alice.get("/api/albums/").json()["results"] == []


def test_in_an_album_the_ids_of_pictures_are_meant(alice):
    (error,) = alice.post(f"/api/albums/{new_album(alice)}/pictures/", {"pictres": [1]}).json()["errors"]
    assert "Did you mean pictures?" in error["detail"]


@pytest.mark.parametrize("form", ["multipart", "json"])
def test_an_unknown_field_keeps_no_picture(alice, form):
    file = pictures.as_file(pictures.png()) if form == "multipart" else "iVBORw0KGgo="
    refused(alice.post("/api/pictures/", {"image": file, "tilte": "x"}, format=form), 400, "unknown_field", "/tilte")
    assert alice.get("/api/profile/").json()["usage"] == {"bytes": 0, "pictures": 0}


def test_an_unknown_file_is_refused_whether_or_not_there_may_be_one(alice):
    file = SimpleUploadedFile("a.txt", b"text")
    body = {"image": pictures.as_file(pictures.png()), "image2": file}
    refused(alice.post("/api/pictures/", body, format="multipart"), 400, "unknown_field", "/image2")
    body = {"name": "Summer", "cover": SimpleUploadedFile("a.png", pictures.png())}
    refused(alice.post("/api/albums/", body, format="multipart"), 400, "unknown_field", "/cover")
    body = {"name": SimpleUploadedFile("a.txt", b"Summer")}
    for key in ({}, {"HTTP_IDEMPOTENCY_KEY": "a-key"}):
        refused(alice.post("/api/albums/", body, format="multipart", **key), 400, "invalid", "/name")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"name": "a", "name": "b"}', "/name"),
        ('{"name": "a", "n\\u0061me": "b"}', "/name"),
        ('{"name": "a", "x": {"y": [1, {"z/": 1, "z/": 2}]}}', "/x/y/1/z~1"),
    ],
)
def test_a_key_that_stands_twice_in_json_is_refused(alice, body, pointer):
    answer = alice.client.generic("POST", "/api/albums/", body, content_type="application/json")
    refused(answer, 400, "duplicate_field", pointer)


def test_a_field_that_a_form_repeats_is_refused_unless_it_is_a_list(alice):
    form = {"content_type": "application/x-www-form-urlencoded"}
    answer = alice.client.generic("POST", "/api/albums/", "name=a&name=b", **form)
    refused(answer, 400, "duplicate_field", "/name")
    two = {"image": [pictures.as_file(pictures.png()), pictures.as_file(pictures.jpeg())]}
    refused(alice.post("/api/pictures/", two, format="multipart"), 400, "duplicate_field", "/image")
    first, second = (alice.upload(pictures.jpeg(seed=seed)).json()["id"] for seed in (1, 2))
    filled = f"/api/albums/{new_album(alice)}/pictures/"
    assert alice.post(filled, {"pictures": [first, second]}, format="multipart").status_code == 200
    numbered = {"organizations[0]": "x"}
    refused(alice.patch("/api/profile/", numbered, format="multipart"), 400, "invalid", "/organizations/0")


def test_a_browsers_form_brings_its_csrf_token(alice):
    body = {"name": "Summer", "csrfmiddlewaretoken": "x"}
    assert alice.post("/api/albums/", body, format="multipart").status_code == 201
    refused(alice.post("/api/albums/", {"name": "a", "csrfmiddlewaretoken": "x"}), 400, "unknown_field")


@pytest.mark.parametrize(
    "path",
    [
        "/api/profile/",
        "/api/users/{user_id}/",
        "/api/plans/{plan_id}/",
        "/api/organizations/{organization_id}/",
        "/api/organizations/{organization_id}/members/{user_id}/",
        "/api/albums/{album_id}/",
        "/api/pictures/{picture_id}/",
    ],
)
def test_what_was_answered_is_sent_back_with_a_change(world, path):
    path = world.path(path)
    if "/members/" in path:
        before = world.person.get(path.partition("members/")[0] + "members/").json()["results"][-1]
    else:
        before = world.person.get(path).json()
    answer = world.person.patch(path, json.loads(json.dumps(before)))
    assert answer.status_code == 200, answer.content
    after = answer.json()
    assert after | {"updated_at": None} == before | {"updated_at": None}


def test_an_address_is_no_avatar_unless_it_is_the_present_one(world):
    address = world.person.get("/api/profile/").json()["avatar"]
    assert world.person.patch("/api/profile/", {"avatar": address}).json()["avatar"] == address
    assert world.person.delete("/api/profile/avatar/").status_code == 204
    refused(world.person.patch("/api/profile/", {"avatar": address}), 400, "invalid", "/avatar")


def test_null_for_an_address_is_what_an_uploaded_picture_has_and_no_linked_one(alice):
    uploaded = rows_of(alice, 1)[0]
    assert alice.patch(f"/api/pictures/{uploaded}/", {"image_url": None, "name": "A"}).json()["name"] == "A"
    linked = rows_of(alice, 1, source="link", image_url="https://images.example/a.jpg", sha256="")[0]
    refused(alice.patch(f"/api/pictures/{linked}/", {"image_url": None}), 400, "null", "/image_url")


def test_the_profile_is_put_back_whole(world):
    before = world.person.get("/api/profile/").json()
    answer = world.person.put("/api/profile/", before | {"first_name": "Diana"})
    assert answer.json() == before | {"first_name": "Diana", "name": "Diana"}


def test_what_other_clients_send_aside_is_passed_over(anonymous):
    body = {"username": "eve@example.com", "password": PASSWORD, "password_confirm": PASSWORD, "age": 30}
    assert anonymous.post("/accounts/register/", body).status_code == 201
    assert anonymous.post("/accounts/login/", {"login": "eve@example.com", **body}).status_code == 200


def test_ids_in_the_body_of_a_delete_do_not_delete_everything(dana, alice):
    picture = alice.upload().json()["id"]
    for path in ("/api/pictures/", "/images/"):
        refused(dana.delete(path, {"pictures": [picture]}), 400, "unknown_field", "/pictures")
    assert alice.get(f"/api/pictures/{picture}/").status_code == 200
    album = new_album(alice)
    refused(alice.delete(f"/api/albums/{album}/", {"pictures": "delete"}), 400, "unknown_field", "/pictures")
    assert alice.delete(f"/api/albums/{album}/", {}).status_code == 204


def test_a_field_within_a_field_is_known_or_refused(alice, bob):
    club = bob.post("/api/organizations/", {"name": "Club", "open": True}).json()["id"]
    body = {"organizations": [{"id": club, "rloe/": "owner"}]}
    refused(alice.patch("/api/profile/", body), 400, "unknown_field", "/organizations/0/rloe~1")
    assert alice.get("/api/profile/").json()["organizations"] == []
    alice.patch("/api/profile/", {"organizations": [{"id": club}]})
    mine = alice.get("/api/profile/").json()["organizations"]
    assert alice.patch("/api/profile/", {"organizations": mine}).json()["organizations"] == mine
