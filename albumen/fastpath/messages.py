"""A request as the fast reads see it, what they found, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest


class Origin(NamedTuple):
    """Where the client believes it is: `https://photos.example.com`, and whether that is HTTPS."""

    url: str
    is_secure: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A GET request without a query. Names of headers are in lower case; `scheme` is that of the connection."""

    path: str
    headers: Mapping[str, str]
    scheme: str

    @property
    def origin(self) -> Origin | None:
        """Return the origin of this service for the client, None if the request names another host."""
        return _origin(self.scheme, self.headers.get("host", ""), self.headers.get("x-forwarded-proto"))


@dataclass(frozen=True)
class Found:
    """What a request gets: the content, or the path of the file with it, or nothing because nginx sends the file; and
    the headers that go with it.

    It stays the same until the Unix time `until`, as long as nothing in the database changes. `user_id` is the user
    whose calls of the API are counted, if they are.
    """

    headers: tuple[tuple[str, str], ...]
    until: float
    content: bytes = b""
    file: str = ""
    left_to_nginx: bool = False
    user_id: int | None = None

    @cached_property
    def head(self) -> bytes:
        """Return the lines of these headers."""
        return b"".join(f"{name.lower()}: {value}\r\n".encode("latin-1") for name, value in self.headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of status 200: what was found, the content, and the id of the request."""

    found: Found
    content: bytes
    request_id: str

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Return all headers."""
        return [*self.found.headers, ("Content-Length", str(len(self.content))), ("X-Request-ID", self.request_id)]

    @property
    def head(self) -> bytes:
        """Return the lines of all headers."""
        own = f"content-length: {len(self.content)}\r\nx-request-id: {self.request_id}\r\n"
        return self.found.head + own.encode("latin-1")


class _Request(HttpRequest):
    """What Django needs of a request to say where the client believes this service is."""

    def _get_scheme(self) -> str:
        return str(self.META["wsgi.url_scheme"])


@lru_cache(maxsize=256)
def _origin(scheme: str, host: str, forwarded: str | None) -> Origin | None:
    request = _Request()
    request.META = {"HTTP_HOST": host, "wsgi.url_scheme": scheme}
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_PROTO"] = forwarded
    try:
        url = request.build_absolute_uri("/")
    except DisallowedHost:
        return None
    return None if settings.SECURE_SSL_REDIRECT else Origin(url.rstrip("/"), request.is_secure())
