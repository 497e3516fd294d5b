"""An editor writes to an organization's album while the right to do so ends, on a real server: nothing is written
after the answer that ended it, and no event follows the one that told of it."""

import random
import threading
import time
from collections import Counter

import pytest

from tests import pictures
from tests.faults.rounds import LONG
from tests.http.library.test_at_once import upload

ROUNDS = 60 if LONG else 6
DOT = pictures.png(16, 12, seed=23)
WAYS = {
    "removed": lambda scene: scene.alice.delete(scene.member),
    "left": lambda scene: scene.bob.delete(scene.member),
    "demoted": lambda scene: scene.alice.patch(scene.member, json={"role": "viewer"}),
}


class Scene:
    """Alice's organization, an album there that is Bob's, and Carol, who fills it as well."""

    def __init__(self, server) -> None:
        self.dana, self.alice, self.bob, self.carol = map(server.register, ("dana", "alice", "bob", "carol"))
        server.sql("UPDATE accounts_user SET is_staff = TRUE WHERE email = ?", self.dana.email)
        self.organization = self.alice.post("/api/organizations/", json={"name": "Studio"}).json()["id"]
        self.members = f"/api/organizations/{self.organization}/members/"
        self.member = f"{self.members}{self.bob.user['id']}/"
        self.add(self.carol)
        self.pictures = {one: [upload(one, DOT).json()["id"] for _ in range(3)] for one in (self.bob, self.carol)}
        self.seen: Counter[tuple[str, int]] = Counter()

    def add(self, someone) -> None:
        body = {"user": someone.user["id"], "role": "editor"}
        assert self.dana.post(self.members, json=body).status_code == 201

    def new_album(self) -> str:
        shown = {"name": "Plans", "organization": self.organization, "visibility": "organization"}
        return f"/api/albums/{self.bob.post('/api/albums/', json=shown).json()['id']}/"

    def last_event(self) -> int:
        return int(self.bob.get("/api/events/").json()["last"])


def write(someone, album: str, mine: list[int], number: int):
    """Do one of the things that editors do."""
    one = mine[number % len(mine)]
    path = f"{album}pictures/"
    match number % 5:
        case 0:
            return someone.post(path, json={"pictures": mine})
        case 1:
            return someone.post(path, files={"image": ("photo.png", DOT)})
        case 2:
            return someone.patch(f"{path}{one}/", json={"before": None})
        case 3:
            return someone.patch(album, json={"cover": one})
    return someone.patch(album, json={"name": f"Rude words {number}"})


def state(someone, album: str) -> tuple[object, ...]:
    shown = someone.get(album).json()
    rows = someone.get(f"{album}pictures/?page_size=200").json()["results"]
    return shown, [row["id"] for row in rows]


@pytest.fixture
def scene(own_server):
    own_server.start()
    return Scene(own_server)


def test_nothing_is_written_after_the_right_has_ended(own_server, scene):
    for number in range(ROUNDS):
        way = list(WAYS)[number % len(WAYS)]
        one_round(scene, way, random.Random(number))
    # 400 is for an upload that began while the album was seen, and was refused before it was decoded.
    assert {status for _, status in scene.seen} <= {200, 201, 204, 400, 403, 404}, scene.seen
    assert {("removed", 200), ("demoted", 200), ("demoted", 403), ("left", 404)} <= scene.seen.keys(), scene.seen
    if own_server.postgres:
        own_server.stop()
        deadlocks = own_server.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert deadlocks == [(0,)]
    assert own_server.manage("check_integrity") == "Everything agrees.\n"


def test_an_album_taken_out_while_others_fill_it_keeps_no_picture_of_theirs(own_server, scene):
    for number in range(ROUNDS):
        take_out_while_filled(scene, random.Random(number))
    if own_server.postgres:
        own_server.stop()
        deadlocks = own_server.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert deadlocks == [(0,)]
    assert own_server.manage("check_integrity") == "Everything agrees.\n"


def take_out_while_filled(scene: Scene, chance: random.Random) -> None:
    bob, carol = scene.bob, scene.carol
    if scene.alice.patch(scene.member, json={"role": "editor"}).status_code == 404:
        scene.add(bob)
    album = scene.new_album()
    hers, his = scene.pictures[carol], scene.pictures[bob]
    assert bob.post(f"{album}pictures/", json={"pictures": his}).status_code == 200
    assert carol.post(f"{album}pictures/", json={"pictures": hers[:1]}).status_code == 200
    over = threading.Event()
    seen: Counter[int] = Counter()

    def fill() -> None:
        while not over.is_set():
            seen[carol.post(f"{album}pictures/", json={"pictures": hers[:2]}).status_code] += 1

    def trash() -> None:
        while not over.is_set():
            for one in (hers[0], his[0]):
                owner = carol if one in hers else bob
                assert owner.delete(f"/api/pictures/{one}/").status_code == 204
                assert owner.post(f"/api/pictures/{one}/restore/").status_code == 200

    def cover() -> None:
        while not over.is_set():
            assert bob.patch(album, json={"cover": his[1]}).status_code == 200

    threads = [threading.Thread(target=one) for one in (fill, trash, cover)]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.02, 0.4))
    changes = chance.choice([{"organization": None}, {"visibility": "private"}])
    assert bob.patch(album, json={**changes, "cover": his[1]}).status_code == 200
    time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    # 400 is for a picture that is in the trash at that moment.
    assert seen.keys() - {200, 400} == {404}, seen
    shown, listed = state(bob, album)
    assert sorted(listed) == sorted(his)
    assert (shown["picture_count"], shown["cover"]) == (len(his), his[1])


def one_round(scene: Scene, way: str, chance: random.Random) -> None:
    bob, carol = scene.bob, scene.carol
    if scene.alice.patch(scene.member, json={"role": "editor"}).status_code == 404:
        scene.add(bob)
    album, private = scene.new_album(), scene.bob.post("/api/albums/", json={"name": "Own"}).json()["id"]
    bob.patch(f"/api/albums/{private}/", json={"organization": scene.organization})
    for someone, mine in scene.pictures.items():
        assert someone.post(f"{album}pictures/", json={"pictures": mine}).status_code == 200
    over, with_carol = threading.Event(), chance.random() < 0.5

    def go_on(someone, begin: int) -> None:
        number = begin
        while not over.is_set():
            answer = write(someone, album, scene.pictures[someone], number)
            if someone is bob:
                scene.seen[way, answer.status_code] += 1
            number += 1

    writers = [bob, bob, bob, *([carol] if with_carol else [])]
    threads = [threading.Thread(target=go_on, args=(one, begin)) for begin, one in enumerate(writers)]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.02, 0.4))
    before = scene.last_event()
    assert WAYS[way](scene).status_code in (200, 204)
    after = state(scene.alice, album)
    time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    if not with_carol:
        assert state(scene.alice, album) == after
    events = bob.get(f"/api/events/?after={before}").json()["results"]
    kinds = [event["type"] for event in events]
    told = kinds.index("organization.member_added" if way == "demoted" else "organization.member_removed")
    later = [event for event in events[told:] if event["type"] == "album.updated"]
    assert way == "demoted" or not [event for event in later if f"/{event['data']['id']}/" in album], later
    assert bob.get(f"/api/albums/{private}/").json()["organization"] is None
