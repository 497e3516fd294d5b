"""One account that keeps everything busy that it may: it is refused what is beyond its share, and nobody else is."""

import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import httpx
import pytest

from tests import pictures
from tests.http.problems import refused
from tests.remote.conftest import Asked, Site, picture
from tests.server import Server

MANY = 40


class StuckSite(Site):
    """A server of somebody else's that answers nobody until `go_on`."""

    def __init__(self) -> None:
        self._may_answer = threading.Event()
        reply = picture(pictures.jpeg())

        def hang(asked: Asked) -> bytes:
            self._may_answer.wait(20)
            return reply(asked)

        super().__init__(hang, None)
        self.url = f"http://127.0.0.1:{self.port}/a.jpg"

    def go_on(self) -> None:
        self._may_answer.set()


@pytest.fixture
def stuck() -> Iterator[StuckSite]:
    site = StuckSite()
    yield site
    site.go_on()
    site.stop()


@pytest.fixture
def server(own_server: Server, stuck: StuckSite) -> Server:
    own_server.start(ALBUMEN_REMOTE_ALLOW=f"127.0.0.1:{stuck.port}")
    return own_server


def link(client: httpx.Client, url: str, **headers: str) -> httpx.Response:
    # A connection each, as of a browser's tabs or a script's threads.
    return httpx.post(
        f"{client.base_url}/api/pictures/",
        json={"image_url": url},
        headers={"Authorization": client.headers["Authorization"], **headers},
        timeout=60,
    )


def refusals(server: Server, places: str, reason: str) -> int:
    """Return how many the metrics have."""
    line = re.compile(rf'^albumen_places_refused_total{{places="{places}",reason="{reason}"}} (\d+)', re.MULTILINE)
    found = line.search(httpx.get(f"{server.url}/metrics").text)
    return int(found[1]) if found else 0


def test_who_links_pictures_of_a_server_that_hangs_is_refused_and_others_go_on(
    server: Server, stuck: StuckSite
) -> None:
    alice, bob = server.register("alice"), server.register("bob")
    with ThreadPoolExecutor(MANY) as pool:
        links = [pool.submit(link, alice, stuck.url) for _ in range(MANY)]
        others = [bob.get("/api/plans/").status_code for _ in range(20)]
        bobs = pool.submit(link, bob, stuck.url)
        # All but the few that wait for the other server.
        while sum(one.done() for one in links) < MANY - 4:
            others.append(bob.get("/api/albums/").status_code)
        stuck.go_on()
        answers = [one.result() for one in links]
    assert set(others) == {200}
    assert bobs.result().status_code == 201
    assert Counter(one.status_code for one in answers) == {201: 4, 429: MANY - 4}
    for one in answers:
        if one.status_code == 429:
            refused(one, 429, "too_many_at_once")
    assert refusals(server, "other_servers", "share") == MANY - 4
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == 4
    assert link(alice, stuck.url).status_code == 201


def test_a_refused_request_with_a_key_stores_nothing_and_works_when_it_is_repeated(
    server: Server, stuck: StuckSite
) -> None:
    alice = server.register("alice")
    keys = [{"Idempotency-Key": f"link-{number}"} for number in range(12)]
    with ThreadPoolExecutor(len(keys)) as pool:
        links = [pool.submit(link, alice, stuck.url, **key) for key in keys]
        wait(links, return_when=FIRST_COMPLETED)
        stuck.go_on()
        first = [one.result().status_code for one in links]
    assert 429 in first
    assert [link(alice, stuck.url, **key).status_code for key in keys] == [201] * len(keys)
    assert alice.get("/api/profile/").json()["usage"]["pictures"] == len(keys)


def test_no_upload_and_no_thumbnail_of_an_ordinary_client_is_refused(server: Server) -> None:
    alice = server.register("alice")
    photos = [pictures.jpeg(1600, 1200, seed=seed) for seed in range(8)]

    def upload(photo: bytes) -> Any:
        return alice.post("/api/pictures/", files={"image": ("a.jpg", photo)})

    with ThreadPoolExecutor(MANY) as pool:
        made = list(pool.map(upload, photos))
        assert [one.status_code for one in made] == [201] * len(photos)
        # In a form that is made when somebody asks for it, many at once for each picture.
        urls = [one["url"] for answered in made for one in answered.json()["thumbnails"]] * 5
        shown = list(pool.map(lambda url: alice.get(url, headers={"Accept": "image/jpeg"}), urls[:MANY]))
    assert [one.status_code for one in shown] == [200] * len(shown)


def test_who_reads_large_files_slowly_holds_no_thread(own_server: Server) -> None:
    own_server.start(ALBUMEN_THREADS="2")
    alice, bob = own_server.register("alice"), own_server.register("bob")
    own_server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
    # Decoders stop at the picture's end.
    photo = pictures.jpeg() + bytes(20_000_000)
    url = alice.post("/api/pictures/", files={"image": ("a.jpg", photo)}).json()["original"]
    path = url.removeprefix(own_server.url)
    readers = [socket.create_connection(("127.0.0.1", own_server.port), 10) for _ in range(6)]
    for reader in readers:
        reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert reader.recv(100).startswith(b"HTTP/1.1 200")
    assert [bob.get("/api/plans/").status_code for _ in range(5)] == [200] * 5
    # And gets the file whole, when it goes on.
    received = b"".join(iter(lambda: readers[0].recv(1 << 20), b""))
    assert received.endswith(photo[-10_000_000:])
    for reader in readers:
        reader.close()
    assert alice.get(url).content == photo
