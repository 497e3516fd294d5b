"""What the commonest requests cost as users grow: the same Alice among 1,000, 10,000 and 100,000 users, who have a
million pictures between them each time. On PostgreSQL where DATABASE_URL leads there."""

import itertools
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from bench.lists import PICTURES, POSTGRES_MOMENT, SQLITE_MOMENT, Client
from bench.uploads import BOUNDARY, _form
from tests import pictures
from tests.server import Server

USERS = (1_000, 10_000, 100_000)
OWN, IN_ALBUM = 60, 30
ROUNDS, ASKED = 40, 10
FORM = f"multipart/form-data; boundary={BOUNDARY}"

NUMBERS = "WITH RECURSIVE counter(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counter WHERE i < ? - 1) "
# Alice is user 1. Twenty users make an organization; every tenth album is public, another tenth for organizations.
FILL = (
    """
    INSERT INTO accounts_user (password, is_superuser, email, first_name, last_name, phone, avatar, is_active,
        is_staff, date_joined, token_version, bytes_used, picture_count, plan_id, search_key)
    SELECT '!', FALSE, 'user' || i || '@example.com', 'User', 'Number ' || i, '', '', TRUE, FALSE, '2026-01-01', 0, 0,
        0, (SELECT min(id) FROM plans_plan), 'user number ' || i FROM counter
    """,
    """
    INSERT INTO organizations_organization (search_key, name, description, open, created_at)
    SELECT 'organization ' || i, 'Organization ' || i, '', TRUE, '2026-01-01' FROM counter WHERE i % 20 = 0
    """,
    """
    INSERT INTO organizations_membership (role, joined_at, user_id, organization_id)
    SELECT 'viewer', '2026-01-01', i + 2, i / 20 + 1 FROM counter
    """,
    """
    INSERT INTO library_album (search_key, name, description, visibility, picture_count, created_at, updated_at,
        owner_id, organization_id)
    SELECT 'album ' || i, 'Album ' || i, '',
        CASE i % 10 WHEN 0 THEN 'public' WHEN 1 THEN 'organization' ELSE 'private' END, 10, '2026-01-01', '2026-01-01',
        i + 2, CASE i % 10 WHEN 1 THEN i / 20 + 1 END FROM counter
    """,
)
FILL_PICTURES = """
    INSERT INTO library_picture (owner_id, name, search_key, description, source, sha256, bytes, format, width, height,
        frames, has_alpha, camera, placeholder, link_problem, created_at, updated_at)
    SELECT 2 + i % {users}, 'Picture ' || i % 1000, 'picture ' || i % 1000, '', 'upload',
        '{zeros:.57}' || CAST(1000000 + i AS text), 1000000 + i, 'jpeg', 4000, 3000, 1, FALSE, '', '{zeros}', '',
        {moment}, '2026-01-01' FROM counter
"""
FILL_ALBUMS = """
    INSERT INTO library_albumpicture (position, album_id, picture_id)
    SELECT i / {users}, 1 + i % {users}, 1 + i FROM counter
"""


class Place:
    """A server with so many users, and what Alice asks of it."""

    def __init__(self, folder: Path, users: int) -> None:
        self.users = users
        self.server = Server(folder)
        self.server.start()
        alice: Any = self.server.register("alice")
        self.server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
        self._fill(users - 1)
        # SQLite reads what ANALYZE has found when a connection opens.
        self.server.stop()
        self.server.start()
        self._client = Client(self.server, str(alice.headers["Authorization"]))
        self._seeds = itertools.count()
        self.times: dict[str, list[float]] = {}
        self._addresses = self._settle()

    def _fill(self, users: int) -> None:
        moment = POSTGRES_MOMENT if self.server.postgres else SQLITE_MOMENT
        for statement in FILL:
            self.server.sql(NUMBERS + statement, users)
        self.server.sql(NUMBERS + FILL_PICTURES.format(users=users, zeros="0" * 150, moment=moment), PICTURES)
        self.server.sql(NUMBERS + FILL_ALBUMS.format(users=users), 10 * users)
        self.server.sql(
            "INSERT INTO organizations_membership (role, joined_at, user_id, organization_id)"
            " VALUES ('viewer', '2026-01-01', 1, 1)"
        )
        self.server.sql("ANALYZE")

    def _settle(self) -> dict[str, str]:
        """Alice gets her own pictures and an album; answers what she will ask for."""
        made = [orjson.loads(self._client.post("/api/pictures/", self._photo(), FORM)) for _ in range(OWN)]
        ids = [picture["id"] for picture in made]
        album = orjson.loads(self._client.post("/api/albums/", orjson.dumps({"name": "Summer"})))["id"]
        self._client.post(f"/api/albums/{album}/pictures/", orjson.dumps({"pictures": ids[:IN_ALBUM]}))
        return {
            "profile": "/api/profile/",
            "list of pictures": "/api/pictures/",
            "search": "/api/pictures/?search=photo",
            "one picture": f"/api/pictures/{ids[0]}/",
            "thumbnail": urlsplit(made[0]["thumbnails"][0]["url"]).path,
            "albums": "/api/albums/",
            "pictures of an album": f"/api/albums/{album}/pictures/",
            "users": "/api/users/",
            "events": "/api/events/?limit=50",
        }

    def measure(self) -> None:
        """Each request some times."""
        for name, address in self._addresses.items():
            self.times.setdefault(name, []).extend(self._client.milliseconds(address) for _ in range(ASKED))
        for _ in range(ASKED):
            photo = self._photo()
            begun = time.perf_counter()
            self._client.post("/api/pictures/", photo, FORM)
            self.times.setdefault("upload", []).append((time.perf_counter() - begun) * 1000)

    def _photo(self) -> bytes:
        return _form(pictures.jpeg(640, 480, seed=next(self._seeds)))


def _shares(times: list[float]) -> tuple[float, float]:
    """The median, and what 99 of 100 stay under."""
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        places: list[Place] = []
        try:
            places.extend(Place(Path(folder) / str(users), users) for users in USERS)
            for place in places:
                place.measure()
                place.times.clear()
            for _ in range(ROUNDS):
                for place in places:
                    place.measure()
            print(f"{'p50 / p99 in ms':22s}" + "".join(f"{users:>16,} users" for users in USERS) + "      growth")
            for name in places[0].times:
                found = [_shares(place.times[name]) for place in places]
                growth = " / ".join(f"{max(column) / column[0]:.2f}" for column in zip(*found, strict=True))
                columns = "".join(f"{middle:11.2f} / {late:8.2f}" for middle, late in found)
                print(f"{name:22s}{columns}   {growth} x")
            database = "PostgreSQL" if places[0].server.postgres else "SQLite"
            print(f"goal: within 1.5 x of the fewest users, of {PICTURES:,} pictures on {database}")
        finally:
            for place in places:
                place.server.remove()


if __name__ == "__main__":
    run()
