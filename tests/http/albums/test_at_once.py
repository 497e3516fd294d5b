"""Many at the same moment on one album, on a real server: no picture is lost or doubled, and the count is exact."""

import random
from collections import Counter

import pytest

from tests import pictures
from tests.http.library.test_at_once import at_once, upload

DOT = pictures.png(16, 12, seed=91)


@pytest.fixture
def alice(shared_server):
    return shared_server.register("alice")


@pytest.fixture
def album(alice) -> int:
    return int(alice.post("/api/albums/", json={"name": "Summer"}).json()["id"])


@pytest.fixture
def six(alice) -> list[int]:
    return [upload(alice, DOT).json()["id"] for _ in range(6)]


def listed(alice, album: int) -> list[int]:
    rows = alice.get(f"/api/albums/{album}/pictures/?page_size=200").json()["results"]
    return [row["id"] for row in rows]


def counted(alice, album: int) -> int:
    return int(alice.get(f"/api/albums/{album}/").json()["picture_count"])


def test_thirty_uploads_into_an_album_are_all_in_it_once(alice, album):
    path = f"/api/albums/{album}/pictures/"
    answers = at_once(30, lambda number: alice.post(path, files={"image": ("photo.png", DOT)}))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(listed(alice, album)) == sorted(answer.json()["id"] for answer in answers)
    assert counted(alice, album) == 30


def test_the_same_pictures_added_thirty_times_are_in_it_once(shared_server, alice, album, six):
    answers = at_once(30, lambda number: alice.post(f"/api/albums/{album}/pictures/", json={"pictures": six}))
    assert {answer.status_code for answer in answers} == {200}
    assert listed(alice, album) == six
    assert counted(alice, album) == 6


def test_moves_and_appends_at_once_lose_and_double_nothing(shared_server, alice, album, six):
    path = f"/api/albums/{album}/pictures/"
    alice.post(path, json={"pictures": six[:4]})

    def act(number: int):
        if number % 10 == 0:
            return alice.post(path, json={"pictures": six[4:]})
        moved, before = six[number % 4], six[(number + 1 + number // 7) % 4]
        return alice.patch(f"{path}{moved}/", json={"before": before if number % 3 else None})

    for _ in range(3):
        assert {answer.status_code for answer in at_once(30, act)} == {200, 204}
    assert sorted(listed(alice, album)) == six
    rows = shared_server.sql("SELECT position FROM library_albumpicture WHERE album_id = ?", album)
    assert len(set(rows)) == 6
    assert counted(alice, album) == 6


def test_the_count_is_exact_whatever_thirty_do_at_once(shared_server, alice, album, six):
    path = f"/api/albums/{album}/pictures/"
    choices = random.Random(7)
    plans = [[(choices.randrange(6), choices.choice(six)) for _ in range(8)] for _ in range(30)]

    def act(number: int) -> list[int]:
        done = []
        for what, picture in plans[number]:
            if what <= 1:
                answer = alice.post(path, json={"pictures": [picture]})
            elif what == 2:
                answer = alice.delete(f"{path}{picture}/")
            elif what == 3:
                answer = alice.delete(f"/api/pictures/{picture}/")
            else:
                answer = alice.post(f"/api/pictures/{picture}/restore/")
            done.append(answer.status_code)
        return done

    seen = Counter(status for statuses in at_once(30, act) for status in statuses)
    assert set(seen) <= {200, 204, 400, 404}, seen
    assert seen[200] > 20
    assert seen[204] > 10
    ((rows,),) = shared_server.sql(
        "SELECT COUNT(*) FROM library_albumpicture e JOIN library_picture p ON p.id = e.picture_id"
        " WHERE e.album_id = ? AND p.deleted_at IS NULL",
        album,
    )
    assert counted(alice, album) == rows == len(listed(alice, album))
    alice.post("/api/trash/restore/", json={})
    assert counted(alice, album) == len(listed(alice, album))


def test_an_album_deleted_amid_changes_is_gone_and_its_pictures_stay(alice, album, six):
    path = f"/api/albums/{album}/"
    alice.post(f"{path}pictures/", json={"pictures": six})

    def act(number: int):
        if number == 11:
            return alice.delete(path)
        if number % 3 == 0:
            return alice.patch(path, json={"name": f"name {number}"})
        if number % 3 == 1:
            return alice.patch(f"{path}pictures/{six[number % 6]}/", json={"before": six[0]})
        return alice.post(f"{path}pictures/", json={"pictures": six})

    assert {answer.status_code for answer in at_once(30, act)} <= {200, 204, 404}
    assert alice.get(path).status_code == 404
    assert [alice.get(f"/api/pictures/{picture}/").json()["albums"] for picture in six] == [[]] * 6


def test_one_key_makes_one_album_however_many_ask(alice):
    key = {"Idempotency-Key": "summer"}
    answers = at_once(20, lambda number: alice.post("/api/albums/", json={"name": "Summer"}, headers=key))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert len(alice.get("/api/albums/").json()["results"]) == 1


def test_of_many_new_albums_as_many_are_made_as_an_account_may_have(own_server):
    own_server.start(ALBUMEN_MAX_ALBUMS="5")
    alice = own_server.register("alice")
    answers = at_once(20, lambda number: alice.post("/api/albums/", json={"name": f"Summer {number}"}))
    assert Counter(answer.status_code for answer in answers) == {201: 5, 403: 15}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 403} == {
        "/docs/errors/#too_many_albums"
    }
    (first, *_) = alice.get("/api/albums/").json()["results"]
    assert alice.delete(f"/api/albums/{first['id']}/").status_code == 204
    assert alice.post("/api/albums/", json={"name": "One more"}).status_code == 201
