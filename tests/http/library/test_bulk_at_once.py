"""Many change the same pictures in bulk at the same moment, on a real server: none is counted twice or not at all."""

import random
from collections import Counter

import pytest

from tests import pictures
from tests.http.library.test_at_once import at_once, upload

DOT = pictures.png(16, 12, seed=57)
ACTIONS = ("trash", "restore", "add_to_album", "remove_from_album")


@pytest.fixture
def alice(shared_server):
    return shared_server.register("alice")


@pytest.fixture
def albums(alice) -> list[int]:
    return [int(alice.post("/api/albums/", json={"name": f"Summer {number}"}).json()["id"]) for number in range(3)]


@pytest.fixture
def twelve(alice) -> list[int]:
    return [upload(alice, DOT).json()["id"] for _ in range(12)]


def bulk(alice, action, some, **fields):
    return alice.post("/api/pictures/bulk/", json={"action": action, "pictures": some, **fields})


def done(answers) -> Counter[int]:
    """Return how often each picture was done."""
    assert {answer.status_code for answer in answers} == {200}
    rows = [row for answer in answers for row in answer.json()["results"]]
    return Counter(row["id"] for row in rows if row["code"] is None)


def test_each_picture_is_done_by_one_of_those_who_ask_at_once(alice, albums, twelve):
    def all_ask(action, **fields):
        return at_once(12, lambda number: bulk(alice, action, twelve[number:] + twelve[:number], **fields))

    alice.post(f"/api/albums/{albums[0]}/pictures/", json={"pictures": twelve})
    for action in ("trash", "restore"):
        assert done(all_ask(action)) == dict.fromkeys(twelve, 1)
    assert done(all_ask("remove_from_album", album=albums[0])) == dict.fromkeys(twelve, 1)
    assert alice.get(f"/api/albums/{albums[0]}/").json()["picture_count"] == 0


def test_counts_are_exact_whatever_happens_at_once(shared_server, alice, albums, twelve):
    choices = random.Random(11)
    plans = [
        [(choices.choice(ACTIONS), choices.choice(albums), choices.sample(twelve, 6)) for _ in range(8)]
        for _ in range(16)
    ]

    def act(number: int):
        return [
            bulk(alice, action, some, **({"album": album} if "album" in action else {}))
            for action, album, some in plans[number]
        ]

    assert set(done([answer for answers in at_once(16, act) for answer in answers])) == set(twelve)
    for album in albums:
        ((rows,),) = shared_server.sql(
            "SELECT COUNT(*) FROM library_albumpicture e JOIN library_picture p ON p.id = e.picture_id"
            " WHERE e.album_id = ? AND p.deleted_at IS NULL",
            album,
        )
        assert alice.get(f"/api/albums/{album}/").json()["picture_count"] == rows
    bulk(alice, "restore", twelve)
    listed = alice.get("/api/pictures/?page_size=200").json()["results"]
    assert sorted(row["id"] for row in listed) == twelve
