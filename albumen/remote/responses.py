"""Responses of other servers: headers, of which nothing is trusted, and the body in pieces."""

import re
from collections.abc import Iterator

import httpcore

from albumen.remote.refusals import not_an_image

_REDIRECTS = {301, 302, 303, 307, 308}
# Object stores send these for files that were uploaded without a type.
_OPAQUE = {"", "application/octet-stream", "binary/octet-stream"}
_TOTAL = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]{1,18})")


class RemoteResponse:
    """A response of another server. Of a repeated header the first counts."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self._headers: dict[str, str] = {}
        for name, value in response.headers:
            self._headers.setdefault(name.decode("ascii").lower(), value.decode("utf-8", "surrogateescape"))

    @property
    def location(self) -> str | None:
        """Return the Location of a redirect, None for any other response."""
        return self._headers.get("location") if self._response.status in _REDIRECTS else None

    @property
    def refuses_method(self) -> bool:
        """Return whether HEAD may be unsupported: servers say so with 405, 501, 403 or 404. GET then decides."""
        return 400 <= self._response.status < 500 or self._response.status == 501

    @property
    def is_partial(self) -> bool:
        return self._response.status == 206

    @property
    def size(self) -> int | None:
        """Return the size of the whole image in bytes if the headers give it (RFC 9110, sections 8.6 and 14.4)."""
        if self.is_partial:
            match = _TOTAL.fullmatch(self._headers.get("content-range", ""))
            return int(match[1]) if match else None
        length = self._headers.get("content-length", "")
        return int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else None

    def require_image(self, *, opaque: bool = False) -> None:
        """Raise Invalid unless the headers declare an image without a content encoding, which could hide a bomb.

        With `opaque`, a missing type or one of `_OPAQUE` is accepted as well.
        """
        encoding = self._headers.get("content-encoding", "identity").strip().lower()
        declared = self._headers.get("content-type", "").partition(";")[0].strip().lower()
        typed = declared.startswith("image/") or (opaque and declared in _OPAQUE)
        if self._response.status not in (200, 206) or encoding != "identity" or not typed:
            raise not_an_image()

    def body(self) -> Iterator[bytes]:
        """Yield the body as it arrives. The connection is closed with the response, also if the body was not read."""
        yield from self._response.iter_stream()
