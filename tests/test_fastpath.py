"""Fast reads give what the ordinary way gives, and go that way with whatever is unusual."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.test import Client

from albumen import fastpath
from albumen.fastpath import database
from albumen.library.models import Picture
from albumen.organizations.models import Membership, Organization, Role
from tests import pictures
from tests.http.conftest import rows_of

HOST = "testserver"


@pytest.fixture(autouse=True)
def _connections(committed):
    yield
    database.close()


def fast(path, person=None, **headers):
    """Return the fast answer to what a client of this person asks, None if there is none."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    signed = {"authorization": f"Bearer {person.access}"} if person else {}
    return fastpath.answer(fastpath.Asked(path, {"host": HOST, **signed, **names}, "http"))


def assert_same(path, person=None, **headers):
    """Assert that there is a fast answer, and that it is the ordinary one."""
    given = fast(path, person, **headers)
    assert given is not None
    signed = {"Authorization": f"Bearer {person.access}"} if person else {}
    ordinary = Client().get(path, headers={**signed, **{k.replace("_", "-"): v for k, v in headers.items()}})
    assert ordinary.status_code == 200
    assert given.content == ordinary.content
    assert _without_id(given.headers) == _without_id(ordinary.headers.items())
    return given


def _without_id(headers):
    return sorted((name, value) for name, value in headers if name != "X-Request-ID")


def thumbnail_of(person, **headers):
    shown = person.get("/api/pictures/").json()["results"][0]
    return urlsplit(shown["thumbnails"][0]["url"]).path


@pytest.mark.parametrize("count", [0, 1, 10, 50, 51])
def test_the_list_of_pictures_is_the_ordinary_one(alice, bob, count):
    rows_of(bob, 2)
    rows_of(alice, count)
    Picture.objects.filter(owner_id=alice.id).update(taken_at="2020-02-03T04:05:06.789Z", description='"\u2028é\n😀')
    assert_same("/api/pictures/", alice)


@pytest.mark.parametrize("count", [0, 1, 51])
def test_the_list_of_albums_is_the_ordinary_one(alice, bob, count):
    for number in range(count):
        alice.post("/api/albums/", {"name": f'"{number}" é😀', "description": "\u2028"})
    bob.post("/api/albums/", {"name": "His", "visibility": "public"})
    assert_same("/api/albums/", alice)


@pytest.mark.parametrize("count", [0, 1, 51])
def test_the_pictures_of_an_album_are_the_ordinary_ones(alice, bob, charlie, count):
    album = _shared_album(alice, bob, count)
    for person in (alice, bob):
        assert_same(f"/api/albums/{album}/pictures/", person)
    assert fast(f"/api/albums/{album}/pictures/", charlie) is None
    alice.patch(f"/api/albums/{album}/", {"visibility": "public"})
    assert_same(f"/api/albums/{album}/pictures/", charlie)


def test_one_picture_is_the_ordinary_one(alice, bob, charlie):
    album = _shared_album(alice, bob, 1)
    for shown in alice.get(f"/api/albums/{album}/pictures/").json()["results"]:
        path = f"/api/pictures/{shown['id']}/"
        assert_same(path, alice)
        assert_same(path, bob)
        assert fast(path, charlie) is None


def _shared_album(alice, bob, count):
    """Make an album of an organization, with `count` pictures of each of two people whose plans differ."""
    bob.use_plan(thumbnail_heights=[64, 1024], original=True)
    organization = Organization.objects.create(name="Both")
    for person in (alice, bob):
        Membership.objects.create(organization=organization, user_id=person.id, role=Role.EDITOR)
    shown = {"name": "Ours", "organization": organization.pk, "visibility": "organization"}
    album = alice.post("/api/albums/", shown).json()["id"]
    for person in (alice, bob):
        if ids := rows_of(person, count):
            answer = person.post(f"/api/albums/{album}/pictures/", {"pictures": ids}, format="json")
            assert answer.status_code == 200
    return album


def test_a_linked_picture_is_the_ordinary_one(alice):
    [picture] = rows_of(alice, 1)
    link = {"source": "link", "image_url": "https://example.com/a?b=é", "sha256": "", "link_problem": "too_large"}
    Picture.objects.filter(pk=picture).update(**link)
    assert_same("/api/pictures/", alice)
    assert_same(f"/api/pictures/{picture}/", alice)


def test_a_change_shows_at_once_whoever_made_it(alice):
    [picture] = rows_of(alice, 1)
    assert_same("/api/pictures/", alice)
    Picture.objects.filter(pk=picture).update(name="Another")
    assert b"Another" in assert_same("/api/pictures/", alice).content
    alice.use_plan(thumbnail_heights=[100, 300], original=True)
    assert b'"original":"http' in assert_same("/api/pictures/", alice).content
    album = alice.post("/api/albums/", {"name": "Album"}).json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", {"pictures": [picture]}, format="json")
    assert f'"albums":[{album}]'.encode() in assert_same("/api/pictures/", alice).content
    alice.delete(f"/api/pictures/{picture}/")
    assert b'"results":[]' in assert_same("/api/pictures/", alice).content


def test_a_stored_thumbnail_is_the_ordinary_one(alice):
    alice.upload(pictures.jpeg(), name='Strand "é" 😀.jpg')
    path = thumbnail_of(alice)
    assert_same(path, accept="image/avif,image/webp,*/*;q=0.8")
    # No JPEG is there before somebody asks for it.
    assert fast(path) is None
    Client().get(path)
    assert_same(path)


def test_an_original_goes_the_ordinary_way_where_no_nginx_sends_it(alice):
    alice.use_plan(original=True)
    path = urlsplit(alice.upload(pictures.jpeg()).json()["original"]).path
    assert fast(path, x_sendfile_type="X-Accel-Redirect") is None


def test_an_original_that_nginx_sends_is_the_ordinary_one(alice, bob, settings):
    settings.X_ACCEL = True
    album = _shared_album(alice, bob, 0)
    alice.use_plan(original=True)
    number = alice.upload(pictures.with_gps(), name='Strand "é" 😀.jpg').json()["id"]
    alice.post(f"/api/albums/{album}/pictures/", {"pictures": [number]}, format="json")
    asking = {"x_sendfile_type": "X-Accel-Redirect"}
    paths = [urlsplit(person.get(f"/api/pictures/{number}/").json()["original"]).path for person in (alice, bob)]
    of_alice, of_bob = (dict(assert_same(path, **asking).headers)["X-Accel-Redirect"] for path in paths)
    assert of_alice != of_bob
    for path in paths:
        assert fast(path) is None
        assert fast(path, x_sendfile_type="yes") is None
        assert fast(path, range="bytes=0-9", **asking) is None
    alice.use_plan(name="Without", original=False)
    assert [fast(path, **asking) for path in paths] == [None, None]
    alice.use_plan(name="Again", original=True)
    alice.delete(f"/api/albums/{album}/pictures/{number}/")
    assert [fast(path, **asking) is None for path in paths] == [False, True]
    alice.post("/api/logout/all/")
    assert fast(paths[0], **asking) is None


def test_a_thumbnail_ends_with_the_right_to_see_it(alice):
    alice.upload()
    path, webp = thumbnail_of(alice), {"accept": "image/webp"}
    assert fast(path, **webp) is not None
    alice.use_plan(thumbnail_heights=[123])
    assert fast(path, **webp) is None
    alice.use_plan(name="Again", thumbnail_heights=[200])
    assert fast(path, **webp) is not None
    alice.post("/api/logout/all/")
    assert fast(path, **webp) is None


def test_a_signature_is_of_the_path_as_it_is_written(alice):
    alice.upload()
    path, webp = thumbnail_of(alice), {"accept": "image/webp"}
    assert fast(path, **webp) is not None
    other = path.replace("/200/", "/0200/")
    assert fast(other, **webp) is None
    assert Client().get(other).status_code == 403


def test_a_picture_that_was_linked_has_no_thumbnail(alice):
    alice.upload()
    path, webp = thumbnail_of(alice), {"accept": "image/webp"}
    assert fast(path, **webp) is not None
    Picture.objects.update(source="link", image_url="https://example.com/")
    assert fast(path, **webp) is None
    assert Client().get(path, headers=webp).status_code == 404


def test_a_login_that_has_ended_has_no_answer(alice):
    assert fast("/api/pictures/", alice) is not None
    alice.post("/api/logout/all/")
    assert fast("/api/pictures/", alice) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/html,*/*;q=0.8"},
        {"cookie": "a=b"},
        {"origin": "https://example.com"},
        {"host": "elsewhere.example.com"},
        {"authorization": "Bearer forged"},
        {"authorization": "Basic YTpi"},
        {"if_none_match": "*"},
        {"range": "bytes=0-"},
        {"x_forwarded_host": "example.com"},
        {"user_agent": "long" * 1024},
    ],
)
def test_what_is_unusual_goes_the_ordinary_way(alice, headers):
    assert fast("/api/pictures/", alice) is not None
    assert fast("/api/pictures/", alice, **headers) is None


def test_what_nginx_says_changes_nothing(alice):
    conf = Path(__file__).parents[1].joinpath("deploy/nginx.conf").read_text()
    names = {name.lower() for name in re.findall(r"proxy_set_header ([\w-]+)", conf)} - {"host", "upgrade"}
    assert "x-sendfile-type" in names
    said = {"accept": "*/*", "connection": "", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "http"}
    said |= {"x-request-id": "a1", "x-sendfile-type": "X-Accel-Redirect"}
    assert_same("/api/pictures/", alice, **{name: said[name] for name in names})


def test_administrators_and_other_paths_go_the_ordinary_way(alice, dana):
    for path in ("/api/pictures", "/api/plans/", "/api/", "/", "/files/1/2/3/4/5/", "/api/pictures/007/"):
        assert fast(path, alice) is None
    assert fast("/api/pictures/", dana) is None


@pytest.mark.skipif(database.is_sqlite, reason="SQLite is not connected to.")
def test_a_broken_connection_is_replaced(alice):
    assert fast("/api/pictures/", alice) is not None
    with connection.cursor() as cursor:
        # Of the others, tests on other databases of this server have some.
        cursor.execute("SELECT pg_terminate_backend(%s)", [database._connection().info.backend_pid])
    assert fast("/api/pictures/", alice) is None
    assert_same("/api/pictures/", alice)


@pytest.mark.skipif(database.is_sqlite, reason="SQLite has no pooler.")
def test_nothing_is_prepared_for_a_pooler_that_does_not_know_it(alice, monkeypatch):
    monkeypatch.setattr(database, "keeps_plans", False)
    assert_same("/api/pictures/", alice)
    with psycopg.RawCursor(database._connection()) as cursor:
        assert cursor.execute("SELECT name FROM pg_prepared_statements").fetchall() == []


def test_too_many_calls_go_the_ordinary_way(alice, settings):
    settings.RATES = {**settings.RATES, "api": "2/minute"}
    assert [fast("/api/pictures/", alice) is not None for _ in range(3)] == [True, True, False]
    assert alice.get("/api/pictures/").status_code == 429
