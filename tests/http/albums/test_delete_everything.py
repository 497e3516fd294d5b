"""An administrator deletes every picture, and takes that back: all at once, or one by one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.http.conftest import ids, new_album, put_in, rows_of
from tests.http.problems import refused


@pytest.fixture
def filled(alice, bob):
    """An album of either, with three pictures; and one of Alice's that was in the trash before."""
    albums = {}
    for person in (alice, bob):
        albums[person.email] = new_album(person)
        put_in(person, albums[person.email], *rows_of(person, 3))
    (early,) = rows_of(alice, 1)
    put_in(alice, albums[alice.email], early)
    alice.delete(f"/api/pictures/{early}/")
    return albums[alice.email], albums[bob.email], early


def counts(alice, bob, filled) -> list[int]:
    found = []
    for person, album in zip((alice, bob), filled, strict=False):
        count = person.get(f"/api/albums/{album}/").json()["picture_count"]
        assert len(ids(person.get(f"/api/albums/{album}/pictures/"))) == count
        found.append(count)
    return found


def test_one_statement_deletes_every_picture_however_many_there_are(alice, bob, dana, filled):
    rows_of(alice, 2000)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert dana.delete("/api/pictures/").status_code == 204
    updates = [one["sql"] for one in queries if one["sql"].startswith('UPDATE "library_picture"')]
    assert len(updates) == 1
    assert len(queries) <= 12
    assert counts(alice, bob, filled) == [0, 0]
    assert ids(dana.get("/api/pictures/?scope=all")) == []
    assert len(ids(alice.get("/api/trash/?page_size=200"))) == 200


def test_everything_comes_back_at_once_but_for_what_was_deleted_before(alice, bob, dana, filled):
    dana.delete("/api/pictures/")
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 6}
    assert counts(alice, bob, filled) == [3, 3]
    assert ids(alice.get("/api/trash/")) == [filled[2]]
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 0}


def test_everything_comes_back_one_by_one(alice, bob, dana, filled):
    dana.delete("/api/pictures/")
    back = ids(alice.get("/api/trash/?ordering=created_at"))
    for picture in back:
        assert alice.post(f"/api/pictures/{picture}/restore/").status_code == 200
    assert counts(alice, bob, filled) == [4, 0]
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 3}
    assert counts(alice, bob, filled) == [4, 3]


def test_everybody_takes_back_their_own(alice, bob, dana, filled):
    dana.delete("/api/pictures/")
    assert alice.post("/api/trash/restore/", {}).json() == {"restored": 4}
    assert counts(alice, bob, filled) == [4, 0]
    refused(alice.post("/api/trash/restore/", {"scope": "all"}), 403, "permission_denied")
    assert counts(alice, bob, filled) == [4, 0]


def test_what_is_deleted_again_by_its_owner_stays_deleted(alice, bob, dana, filled):
    dana.delete("/api/pictures/")
    alice.post("/api/trash/restore/", {})
    for picture in ids(alice.get("/api/pictures/")):
        alice.delete(f"/api/pictures/{picture}/")
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 3}
    assert counts(alice, bob, filled) == [0, 3]


def test_the_last_of_two_deletions_is_the_one_that_is_taken_back(alice, bob, dana, filled):
    dana.delete("/api/pictures/")
    (later,) = rows_of(alice, 1)
    put_in(alice, filled[0], later)
    dana.delete("/api/pictures/")
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 1}
    assert counts(alice, bob, filled) == [1, 0]
    assert dana.post("/api/trash/restore/", {"scope": "all"}).json() == {"restored": 6}
    assert counts(alice, bob, filled) == [4, 3]


def test_nobody_else_deletes_everything(alice, bob, anonymous, filled):
    refused(alice.delete("/api/pictures/"), 403, "permission_denied")
    refused(anonymous.delete("/api/pictures/"), 401, "not_authenticated")
    assert counts(alice, bob, filled) == [3, 3]
