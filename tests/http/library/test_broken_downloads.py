"""A download by an expiring link that breaks off uses up nothing, on a real server; whole ones count exactly."""

import itertools
import socket
import struct
import time
from collections import Counter
from urllib.parse import urlsplit

import httpx
import pytest

from tests import pictures
from tests.background.conftest import use_plan
from tests.http.library.test_at_once import at_once, upload
from tests.http.problems import refused

# Larger than what kernels on both sides take from the server while nobody reads.
LARGE = pictures.noise(2400, 2400, seed=5)


@pytest.fixture(scope="module")
def content() -> bytes:
    return pictures.encode(LARGE, "png", compress_level=0)


@pytest.fixture
def make(shared_server, content):
    alice = shared_server.register("alice")
    use_plan(shared_server, alice, "Enterprise")
    return maker(alice, content)


def maker(alice, content):
    """Return a function that makes a link to the content for so many uses, and one that tells its uses."""
    picture = upload(alice, content).json()["id"]

    def make(max_uses):
        body = {"expiring_time_seconds": 3000, "max_uses": max_uses}
        return alice.post(f"/api/pictures/{picture}/links/", json=body).json()

    return make, lambda link: alice.get(f"/api/links/{link['id']}/").json()["uses"]


def break_off(url: str, after: int = 100_000, reset: bool = False) -> None:
    """Read so many bytes of the answer, and close the connection."""
    parts = urlsplit(url)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.connect((parts.hostname, parts.port))
        client.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        read = 0
        while read < after and (piece := client.recv(min(65536, after - read))):
            read += len(piece)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def until_used(uses_of, link, wanted: int) -> int:
    """Wait until the link has so many uses, at most 20 s, and return how many it has."""
    deadline = time.monotonic() + 20
    while (uses := uses_of(link)) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return uses


def breaks_off_without_a_use(make, uses_of, content) -> None:
    link = make(2)
    for number, (after, reset) in enumerate(itertools.product((1, 100_000, len(content) // 3), (False, True))):
        break_off(link["url"], after, reset)
        assert until_used(uses_of, link, 0) == 0, number
    for used in (1, 2):
        assert httpx.get(link["url"], timeout=60).content == content
        assert uses_of(link) == used
        if used == 1:
            break_off(link["url"])
            assert until_used(uses_of, link, 1) == 1
    refused(httpx.get(link["url"]), 410, "link_used_up")


def test_a_download_that_breaks_off_is_no_use(make, content):
    breaks_off_without_a_use(*make, content)


def test_of_twenty_at_once_as_many_are_whole_as_may_be(make, content):
    make, uses_of = make
    link = make(3)

    def visit(number: int) -> int:
        if number % 2:
            break_off(link["url"], reset=number % 4 == 1)
            return 0
        answer = httpx.get(link["url"], timeout=60)
        assert answer.status_code == 410 or answer.content == content
        return answer.status_code

    seen = Counter(at_once(20, visit))
    whole = seen[200]
    assert whole <= 3
    assert until_used(uses_of, link, whole) == whole
    while whole < 3:
        assert httpx.get(link["url"], timeout=60).status_code == 200
        whole += 1
    refused(httpx.get(link["url"]), 410, "link_used_up")


def test_small_pictures_are_counted_exactly_by_clients_that_leave_at_once(shared_server):
    alice = shared_server.register("alice")
    use_plan(shared_server, alice, "Enterprise")
    small = pictures.png(16, 12)
    make, uses_of = maker(alice, small)
    link = make(15)
    answers = at_once(40, lambda number: httpx.get(link["url"], headers={"Connection": "close"}, timeout=60))
    assert Counter(answer.status_code for answer in answers) == {200: 15, 410: 25}
    assert uses_of(link) == 15
