"""Images on other servers, fetched without giving access to the server's own network (SSRF).

There are four error codes. `url_not_allowed` depends on the text of the URL alone. `url_unreachable` stands for every
failure before a public server has responded (unknown name, private address, closed port, timeout, TLS), so that a
caller cannot find out which hosts exist inside. `url_not_an_image` and `url_insecure_redirect` (from https to http)
are about the response of a public server, which the caller could have read without us.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain

import httpcore
from django.conf import settings

from albumen.errors import TooLarge
from albumen.imaging import MEDIA_TYPES, Refused
from albumen.imaging.sniff import sniff
from albumen.places import Places
from albumen.remote.connections import Budget, SSRFGuard, tls_context
from albumen.remote.refusals import POINTER, insecure_redirect, not_an_image, unreachable
from albumen.remote.remote_url import RemoteURL, parse_url
from albumen.remote.responses import RemoteResponse
from albumen.sentences import Amount, Sentence

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
# A slow server keeps a thread for SECONDS, so few threads go to other servers.
_fetches = Places(
    "other_servers",
    size=settings.THREADS * 3 // 8,
    at_once=settings.THREADS // 4,
    each=settings.THREADS // 8,
    seconds=1,
    busy="server_busy",
)


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """What is known of an image after its headers and first bytes.

    `url` is the given URL, normalized, of at most 2,000 characters; `media_type` and `format` are those of the bytes,
    as `albumen.imaging` names them; `size` is in bytes, None if the server did not send it.
    """

    url: str
    media_type: str
    format: str
    size: int | None


def check_image(url: str) -> RemoteImage:
    """Return what is at the URL, by a HEAD request and the first bytes, within 10 s.

    The server has to declare an image type, because browsers are sent there; the bytes decide which format it is.
    Raises Invalid with the codes above.
    """
    with _Fetch.to(url) as fetch:
        size = None
        with fetch.send("HEAD") as response:
            if not response.refuses_method:
                response.require_image()
                size = response.size
        with fetch.send("GET", Range=f"bytes=0-{FIRST_BYTES - 1}") as response:
            response.require_image()
            first = _first_bytes(response.body())
            return fetch.image(first, size if response.size is None else response.size)


def download_image(url: str, write: Callable[[bytes], None], *, limit: int) -> RemoteImage:
    """Pass the image to `write` in pieces; 10 s for the headers, 60 s in total. `limit` is in bytes.

    A missing or generic content type is accepted, because object stores send such and the bytes decide the format.
    Nothing is written before the first bytes are known to be an image's. After an error, what was written is
    incomplete, and the caller deletes it. Raises Invalid with the codes above, TooLarge, and what `write` raises.
    """
    with _Fetch.to(url) as fetch, fetch.send("GET") as response:
        response.require_image(opaque=True)
        if response.is_partial:
            raise not_an_image()
        fetch.budget.extend(DOWNLOAD_SECONDS)
        body = response.body()
        first = _first_bytes(body)
        image = fetch.image(first, response.size)
        received = 0
        for data in chain([first], body):
            received += len(data)
            if max(received, image.size or 0) > limit:
                detail = Sentence("Link an image of at most %(most)s bytes.", most=Amount(limit))
                raise TooLarge("too_large", detail, pointer=POINTER)
            write(data)
        return replace(image, size=received)


class _Fetch:
    """One check or download: the current URL, and the redirects and time that are left."""

    def __init__(self, url: RemoteURL, pool: httpcore.ConnectionPool, budget: Budget) -> None:
        self.budget = budget
        self._given = self._url = url
        self._pool = pool
        self._redirects = REDIRECTS

    @classmethod
    @contextmanager
    def to(cls, url: str) -> Iterator["_Fetch"]:
        """Begin with the URL. Connections are closed at the end; there are no cookies, proxies or retries."""
        parsed = parse_url(url)
        with _fetches.place():
            budget = Budget(SECONDS)
            try:
                with httpcore.ConnectionPool(
                    ssl_context=tls_context(), max_keepalive_connections=0, network_backend=SSRFGuard(budget)
                ) as pool:
                    yield cls(parsed, pool, budget)
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
                raise unreachable() from None

    @contextmanager
    def send(self, method: str, **headers: str) -> Iterator[RemoteResponse]:
        """Yield the first response that is no redirect. The URL of each redirect is checked like the given one, and
        never leads from https to http."""
        while True:
            with self._send_once(method, headers) as response:
                if response.location is None:
                    yield response
                    return
                if self._redirects == 0:
                    raise not_an_image()
                self._redirects -= 1
                follows = self._url.join(response.location)
                if self._url.scheme == "https" and follows.scheme != "https":
                    raise insecure_redirect()
                self._url = follows

    @contextmanager
    def _send_once(self, method: str, headers: dict[str, str]) -> Iterator[RemoteResponse]:
        url = self._url
        requested = httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        fields: dict[bytes | str, bytes | str] = {"Host": url.authority, **_HEADERS}
        fields.update(headers)
        self.budget.expect_head()
        with self._pool.stream(method, requested, headers=fields) as response:
            self.budget.end_head()
            yield RemoteResponse(response)

    def image(self, first: bytes, size: int | None) -> RemoteImage:
        """Return what the first bytes are. Raises Invalid if that is not an image of a supported format."""
        try:
            form = sniff(first)
        except Refused:
            raise not_an_image() from None
        return RemoteImage(str(self._given), MEDIA_TYPES[form], form, size)


def _first_bytes(body: Iterator[bytes]) -> bytes:
    """Return enough of the body to recognize the format; the rest can still be read from it."""
    first = b""
    for data in body:
        first += data
        if len(first) >= FIRST_BYTES:
            break
    return first
