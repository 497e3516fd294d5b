"""Everybody writes at once what touches the same users, pictures and albums: nobody waits in a circle, nothing fails,
and every count is right in the end."""

import itertools
import random
import threading
import time
from collections import Counter

import pytest

from tests import pictures
from tests.http.library.test_at_once import upload

PASSWORD = "correct horse battery staple"
DOT = pictures.png(16, 12, seed=17)
SECONDS = 5.0
WRITERS = 8


@pytest.fixture
def people(own_server):
    own_server.start()
    dana = own_server.register("dana")
    own_server.sql("UPDATE accounts_user SET is_staff = TRUE WHERE email = ?", dana.email)
    return dana, [own_server.register(name) for name in ("alice", "bob")]


class Crowd:
    """Threads that do one thing after another, chosen by chance, on the same few albums and pictures."""

    def __init__(self, server, dana, owners) -> None:
        self.server, self.dana, self.owners = server, dana, owners
        self.albums = {owner: [self._new_album(owner) for _ in range(3)] for owner in owners}
        self.pictures = {owner: [upload(owner, DOT).json()["id"] for _ in range(6)] for owner in owners}
        self.seen: Counter[tuple[str, int]] = Counter()
        self.turns = itertools.count()

    def _new_album(self, owner) -> int:
        return int(owner.post("/api/albums/", json={"name": "Summer"}).json()["id"])

    def run(self) -> None:
        ends = time.monotonic() + SECONDS
        threads = [threading.Thread(target=self._work, args=(number, ends)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, number: int, ends: float) -> None:
        chance = random.Random(number)
        actions = [name for name in vars(type(self)) if name.startswith("do_")]
        while time.monotonic() < ends:
            owner, action = chance.choice(self.owners), chance.choice(actions)
            answer = getattr(self, action)(chance, owner)
            self.seen[action, answer.status_code] += 1

    def some(self, chance, owner) -> list[int]:
        return chance.sample(self.pictures[owner], 4)

    def do_upload(self, chance, owner):
        path = f"/api/albums/{chance.choice(self.albums[owner])}/pictures/"
        return owner.post(path, files={"image": ("photo.png", DOT)})

    def do_add(self, chance, owner):
        path = f"/api/albums/{chance.choice(self.albums[owner])}/pictures/"
        return owner.post(path, json={"pictures": self.some(chance, owner)})

    def do_take_out(self, chance, owner):
        path = f"/api/albums/{chance.choice(self.albums[owner])}/pictures/{self.some(chance, owner)[0]}/"
        return owner.delete(path)

    def do_cover(self, chance, owner):
        path = f"/api/albums/{chance.choice(self.albums[owner])}/"
        return owner.patch(path, json={"cover": self.some(chance, owner)[0]})

    def do_delete(self, chance, owner):
        return owner.delete(f"/api/pictures/{self.some(chance, owner)[0]}/")

    def do_restore(self, chance, owner):
        return owner.post(f"/api/pictures/{self.some(chance, owner)[0]}/restore/")

    def do_restore_all(self, chance, owner):
        return owner.post("/api/trash/restore/", json={})

    def do_delete_everything(self, chance, owner):
        return self.dana.delete("/api/pictures/")

    def do_restore_everything(self, chance, owner):
        return self.dana.post("/api/trash/restore/", json={"scope": "all"})

    def do_purge(self, chance, owner):
        trash = owner.get("/api/trash/?page_size=200").json()["results"]
        spare = [row["id"] for row in trash if row["id"] not in self.pictures[owner]]
        return owner.delete(f"/api/trash/{chance.choice(spare or self.pictures[owner][-1:])}/")

    def do_delete_album(self, chance, owner):
        album = self._new_album(owner)
        owner.post(f"/api/albums/{album}/pictures/", json={"pictures": self.some(chance, owner)})
        return owner.delete(f"/api/albums/{album}/?pictures=delete")

    def do_go(self, chance, owner):
        """Somebody who has pictures in an album of theirs deletes the account while they still upload into it."""
        leaver = self.server.register(f"leaver{next(self.turns)}")
        with leaver:
            path = f"/api/albums/{self._new_album(leaver)}/pictures/"

            def send() -> None:
                answer = leaver.post(path, files={"image": ("photo.png", DOT)})
                self.seen["late", answer.status_code] += 1

            send()
            late = threading.Thread(target=send)
            late.start()
            answer = leaver.request("DELETE", "/api/profile/", json={"password": PASSWORD})
            late.join()
            return answer


def test_writers_of_all_kinds_leave_every_count_right(own_server, people):
    dana, owners = people
    crowd = Crowd(own_server, dana, owners)
    crowd.run()
    late = {status for action, status in crowd.seen if action == "late"}
    assert late <= {201, 401, 403, 404}, crowd.seen
    others = {status for action, status in crowd.seen if action != "late"}
    assert others <= {200, 201, 204, 400, 404}, crowd.seen
    assert len({action for action, _ in crowd.seen}) == 13
    if own_server.postgres:
        own_server.stop()
        deadlocks = own_server.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert deadlocks == [(0,)]
    assert own_server.manage("check_integrity") == "Everything agrees.\n"
