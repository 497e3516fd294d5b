"""Images on other servers: what is behind a link, fetched so that nobody can look into the server's own network.

Refusals have three codes, each with one wording. `url_not_allowed` judges the text of an address alone;
`url_unreachable` stands for every outcome before a public server has answered (no such name, not public, closed port,
time, TLS), so that a caller cannot tell a host inside from none at all; `url_not_an_image` is about an answer that a
public server gave, which the caller could have read as well.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain

import httpcore

from albumen.errors import TooLarge
from albumen.imaging import MEDIA_TYPES, Refused
from albumen.imaging.sniff import sniff
from albumen.remote.answers import Answer
from albumen.remote.connections import Budget, Guard, tls
from albumen.remote.refusals import POINTER, not_an_image, unreachable
from albumen.remote.urls import Link, parse_link

__all__ = ["RemoteImage", "check_image", "download_image"]

SECONDS = 10.0
DOWNLOAD_SECONDS = 60.0
REDIRECTS = 3
FIRST_BYTES = 1024
_HEADERS: dict[bytes | str, bytes | str] = {
    "User-Agent": "Albumen",
    "Accept": "image/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """What an answer and its first bytes told.

    `url` is the address as given, normalized, of at most 2,000 characters; `media_type` and `format` are those of
    the bytes, as `albumen.imaging` names them; `size` is in bytes, None where it was not told.
    """

    url: str
    media_type: str
    format: str
    size: int | None


def check_image(url: str) -> RemoteImage:
    """What the address leads to, by a HEAD request and the first bytes, within 10 s (D4).

    Any image type may be declared, and one has to be: browsers will be sent there. The bytes decide which format it
    is. Raises Invalid with the codes above.
    """
    with _Visit.to(url) as visit:
        size = None
        with visit.ask("HEAD") as answer:
            if not answer.refuses_method:
                answer.require_image()
                size = answer.size
        with visit.ask("GET", Range=f"bytes=0-{FIRST_BYTES - 1}") as answer:
            answer.require_image()
            first = _first_bytes(answer.body())
            return visit.image(first, size if answer.size is None else answer.size)


def download_image(url: str, write: Callable[[bytes], None], *, limit: int) -> RemoteImage:
    """Hand the image to `write`, piece by piece; 10 s until its head is there, 60 s in all. `limit` is in bytes.

    A head that says nothing of the bytes will do, as object stores send it: the bytes are kept here, and decide.
    Nothing is written before the first bytes are known to be an image's. An answer that breaks off, grows above the
    limit or takes too long was written in part, and the caller throws that away. Raises Invalid with the codes
    above, TooLarge, and whatever `write` raises.
    """
    with _Visit.to(url) as visit, visit.ask("GET") as answer:
        answer.require_image(opaque=True)
        if answer.is_partial:
            raise not_an_image()
        visit.budget.extend(DOWNLOAD_SECONDS)
        body = answer.body()
        first = _first_bytes(body)
        image = visit.image(first, answer.size)
        received = 0
        for data in chain([first], body):
            received += len(data)
            if max(received, image.size or 0) > limit:
                raise TooLarge("too_large", f"Link an image of at most {limit:,} bytes.", pointer=POINTER)
            write(data)
        return replace(image, size=received)


class _Visit:
    """One call's way to an image: where it stands, and what it may still take."""

    def __init__(self, link: Link, pool: httpcore.ConnectionPool, budget: Budget) -> None:
        self.budget = budget
        self._given = self._link = link
        self._pool = pool
        self._redirects = REDIRECTS

    @classmethod
    @contextmanager
    def to(cls, url: str) -> Iterator["_Visit"]:
        """Connections end with the visit. Nothing is kept: no cookies, no proxies, no retries."""
        link = parse_link(url)
        budget = Budget(SECONDS)
        try:
            with httpcore.ConnectionPool(
                ssl_context=tls(), max_keepalive_connections=0, network_backend=Guard(budget)
            ) as pool:
                yield cls(link, pool, budget)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
            raise unreachable() from None

    @contextmanager
    def ask(self, method: str, **headers: str) -> Iterator[Answer]:
        """The first answer that does not lead on. Every redirect is an address like the given one, checked alike."""
        while True:
            with self._send(method, headers) as answer:
                if answer.location is None:
                    yield answer
                    return
                if self._redirects == 0:
                    raise not_an_image()
                self._redirects -= 1
                self._link = self._link.join(answer.location)

    @contextmanager
    def _send(self, method: str, headers: dict[str, str]) -> Iterator[Answer]:
        link = self._link
        url = httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target)
        fields: dict[bytes | str, bytes | str] = {"Host": link.authority, **_HEADERS}
        fields.update(headers)
        self.budget.expect_head()
        with self._pool.stream(method, url, headers=fields) as response:
            self.budget.end_head()
            yield Answer(response)

    def image(self, first: bytes, size: int | None) -> RemoteImage:
        """What these first bytes are; Invalid when that is not an image of a format that is accepted."""
        try:
            form = sniff(first)
        except Refused:
            raise not_an_image() from None
        return RemoteImage(str(self._given), MEDIA_TYPES[form], form, size)


def _first_bytes(body: Iterator[bytes]) -> bytes:
    """Enough to see what it is, and no more read than needed; the rest of the body stays to be read."""
    first = b""
    for data in body:
        first += data
        if len(first) >= FIRST_BYTES:
            break
    return first
