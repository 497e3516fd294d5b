"""How long fast reads keep what they found, and how much they do for one request."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import orjson
import pytest
import time_machine

from albumen import fastpath
from albumen.fastpath import database, reads
from albumen.fastpath.memory import Memory
from albumen.library.models import Album, AlbumPicture
from tests.http.conftest import rows_of
from tests.test_fastpath import _connections, assert_same, fast, thumbnail_of  # noqa: F401 - a fixture

IN_THE_EVENT_LOOP = pytest.mark.skipif(not database.is_sqlite, reason="In the event loop only SQLite is asked.")


@IN_THE_EVENT_LOOP
def test_a_forged_file_url_costs_no_look_at_the_picture(alice):
    alice.upload()
    path, webp = thumbnail_of(alice), {"accept": "image/webp"}
    assert fast(path, **webp) is not None
    asked = []
    database._connection().set_trace_callback(asked.append)
    beginning, _ = path.rsplit("/", 1)
    visitor = re.sub(r"/\d+(/\d+)$", r"/0\1", beginning)
    for forged in (f"{beginning}/{'A' * 22}", f"{visitor}/{'A' * 22}"):
        assert fast(forged, **webp) is None
    assert not [statement for statement in asked if "library_picture" in statement]
    alice.patch("/api/profile/", {"first_name": "Alicia"})
    assert fast(path, **webp) is not None
    assert [statement for statement in asked if "library_picture" in statement]


@pytest.mark.parametrize("path", ["/api/pictures/", "/api/albums/"])
def test_a_kept_answer_ends_with_the_token(alice, settings, path):
    settings.ACCESS_TOKEN_LIFETIME = timedelta(seconds=60)
    alice.sign_in()
    assert fast(path, alice) is not None
    with time_machine.travel(timedelta(seconds=59)):
        assert fast(path, alice) is not None
    with time_machine.travel(timedelta(seconds=61)):
        assert fast(path, alice) is None


def test_a_kept_answer_ends_when_the_last_use_is_to_be_noted(alice):
    assert fast("/api/pictures/", alice) is not None
    with time_machine.travel(timedelta(minutes=6)):
        assert fast("/api/pictures/", alice) is None
        assert alice.get("/api/pictures/").status_code == 200
        assert_same("/api/pictures/", alice)


def test_a_kept_answer_ends_with_the_period_of_its_urls(alice, settings):
    settings.SIGNED_URL_PERIOD = 60
    rows_of(alice, 1)
    before = assert_same("/api/pictures/", alice).content
    with time_machine.travel(timedelta(seconds=60)):
        assert assert_same("/api/pictures/", alice).content != before


def test_memory_is_counted_from_what_it_holds():
    memory = Memory(1000)
    for _ in range(3):
        for key in range(3):
            memory.keep(key, key, 300)
        assert [*memory] == [0, 1, 2]
        memory.clear()


@IN_THE_EVENT_LOOP
def test_nothing_is_kept_from_one_connection_to_the_next(tmp_path, monkeypatch):
    path = tmp_path / "some.sqlite3"
    monkeypatch.setattr(database, "_database", {"NAME": path})
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE some (value)")
        before = database.begin()
        assert database.begin() == before
        database.close()
        other.execute("INSERT INTO some VALUES (1)")
        # SQLite's own numbers are equal here.
        assert database.begin()[0] == before[0]
        assert database.begin() != before
        database.close()


def test_what_takes_long_goes_the_ordinary_way(alice):
    [picture] = rows_of(alice, 1)
    albums = Album.objects.bulk_create(Album(owner_id=alice.id, name="One") for _ in range(reads.MOST_ENTRIES))
    AlbumPicture.objects.bulk_create(AlbumPicture(album=one, picture_id=picture, position=1) for one in albums[1:])
    assert len(orjson.loads(assert_same("/api/pictures/", alice).content)["results"][0]["albums"]) == 1999
    AlbumPicture.objects.create(album=albums[0], picture_id=picture, position=1)
    assert fast("/api/pictures/", alice) is None
    assert fast(f"/api/pictures/{picture}/", alice) is None
    assert len(alice.get("/api/pictures/").json()["results"][0]["albums"]) == 2000


@IN_THE_EVENT_LOOP
def test_a_read_of_sqlite_is_given_up_after_a_while(alice, monkeypatch):
    rows_of(alice, 50)
    assert_same("/api/pictures/", alice)
    database.close()
    monkeypatch.setattr(database, "TURN", 100)
    assert fast("/api/pictures/", alice) is None
    # It is not tried again for a while.
    database.close()
    monkeypatch.undo()
    assert fast("/api/pictures/", alice) is None
    fastpath._slow.clear()
    assert_same("/api/pictures/", alice)


def test_what_is_kept_is_bounded():
    memory = Memory(1000)
    for number in range(100):
        memory.keep(number, b"", 300)
        assert memory[number] == b""
        assert len(memory) <= 3
