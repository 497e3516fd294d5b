"""Lists: a deep page beside the first one, a list of 50 beside a bare view, and one row beside 200."""

import http.client
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import orjson

from tests.server import Server

PICTURES = 1_000_000
DEEP_PAGE = 10_000
ROUNDS = 7
CLIENTS = 2
SECONDS = 2.0

# A million pictures of one user, of a thousand names; of a thousand moments, too, so that equal values are common.
FILL = """
WITH RECURSIVE counter(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < ?)
INSERT INTO library_picture (owner_id, name, search_key, description, source, sha256, bytes, format, width, height,
    frames, has_alpha, camera, placeholder, link_problem, created_at, updated_at)
SELECT ?, 'Picture ' || substr(CAST(1000 + i % 1000 AS text), 2),
    'picture ' || substr(CAST(1000 + i % 1000 AS text), 2), '', 'upload',
    '{zeros:.57}' || CAST(1000000 + i AS text), 1000000 + i, 'jpeg', 4000, 3000, 1, FALSE, '', '{zeros}', '',
    {moment}, '2026-01-01' FROM counter
"""
SQLITE_MOMENT = "datetime('2026-01-01', printf('+%d minutes', i / 1000))"
POSTGRES_MOMENT = "timestamptz '2026-01-01' + i / 1000 * interval '1 minute'"


class Listener(Protocol):
    """A server on a port of loopback."""

    port: int


class Client:
    """One connection that is kept."""

    def __init__(self, server: Listener, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._headers = {"Authorization": token} if token else {}

    def get(self, target: str) -> bytes:
        return self._ask("GET", target)

    def post(self, target: str, body: bytes, content_type: str = "application/json") -> bytes:
        return self._ask("POST", target, body, {"Content-Type": content_type})

    def milliseconds(self, target: str) -> float:
        begun = time.perf_counter()
        self.get(target)
        return (time.perf_counter() - begun) * 1000

    def _ask(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        asked = method, target, body, {**self._headers, **(headers or {})}
        try:
            self._connection.request(*asked)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # It was idle for too long while others were measured.
            self._connection.close()
            self._connection.request(*asked)
            answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status in (http.HTTPStatus.OK, http.HTTPStatus.CREATED), said
        return said


def _rate(server: Server, target: str, token: str = "") -> float:
    """Requests a second that CLIENTS connections get."""
    counts = [0] * CLIENTS
    ends = time.perf_counter() + SECONDS

    def work(number: int) -> None:
        client = Client(server, token)
        while time.perf_counter() < ends:
            client.get(target)
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def _deep(client: Client, ordering: str, pages: int) -> str:
    """The address of a page far in: the cursors are followed, as a client would."""
    target = f"/api/pictures/?ordering={ordering}&page_size=50"
    for _ in range(pages):
        address = urlsplit(orjson.loads(client.get(target))["next"])
        target = f"{address.path}?{address.query}"
    return target


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        server = Server(data)
        same = {"DATABASE_URL": server.env["DATABASE_URL"]} if server.postgres else {}
        bare = Server(data, DJANGO_SETTINGS_MODULE="bench.bare", **same)
        server.start()
        try:
            alice = server.register("alice")
            token, user = alice.headers["Authorization"], alice.user["id"]  # type: ignore[attr-defined]
            server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
            moment = POSTGRES_MOMENT if server.postgres else SQLITE_MOMENT
            server.sql(FILL.format(zeros="0" * 150, moment=moment), PICTURES, user)
            server.sql("ANALYZE")
            bare.start()
            client = Client(server, token)
            for ordering in ("name", "-created_at"):
                first = f"/api/pictures/?ordering={ordering}&page_size=50"
                deep = _deep(client, ordering, DEEP_PAGE)
                times = [(client.milliseconds(first), client.milliseconds(deep)) for _ in range(ROUNDS * 10)]
                one, far = (statistics.median(column) for column in zip(*times, strict=True))
                print(f"{ordering:12s} page 1: {one:6.2f} ms   page {DEEP_PAGE:,}: {far:6.2f} ms   {far / one:.2f} x")
            print(f"goal: within 1.2 x, of 1,000,000 pictures on {'PostgreSQL' if server.postgres else 'SQLite'}")
            rates = [
                (_rate(server, "/api/pictures/", token), _rate(bare, f"/bare/?owner={user}")) for _ in range(ROUNDS)
            ]
            ours, theirs = (statistics.median(column) for column in zip(*rates, strict=True))
            print(
                f"list of 50, signed in: {ours:7.1f}/s   bare view: {theirs:7.1f}/s   {ours / theirs:.0%} (goal: 60 %)"
            )
            times = [
                (
                    client.milliseconds("/api/pictures/?page_size=1"),
                    client.milliseconds("/api/pictures/?page_size=200"),
                )
                for _ in range(ROUNDS * 10)
            ]
            single, many = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"page of 1: {single:.2f} ms, page of 200: {many:.2f} ms; both take the same queries")
        finally:
            bare.stop()
            server.remove()


if __name__ == "__main__":
    run()
