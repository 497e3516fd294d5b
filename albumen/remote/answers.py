"""What another server answered: its head, read with suspicion, and its body in pieces."""

import re
from collections.abc import Iterator

import httpcore

from albumen.remote.refusals import not_an_image

_REDIRECTS = {301, 302, 303, 307, 308}
# What stores of files call everything that they were told nothing about.
_OPAQUE = {"", "application/octet-stream", "binary/octet-stream"}
_TOTAL = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]{1,18})")


class Answer:
    """One answer of another server. Header names are in lower case; of a repeated header the first counts."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self._headers: dict[str, str] = {}
        for name, value in response.headers:
            self._headers.setdefault(name.decode("ascii").lower(), value.decode("utf-8", "surrogateescape"))

    @property
    def location(self) -> str | None:
        """Where a redirect leads, None for any other answer."""
        return self._headers.get("location") if self._response.status in _REDIRECTS else None

    @property
    def refuses_method(self) -> bool:
        """Servers that do not want HEAD say so in many ways (405, 501, 403, 404); GET then decides."""
        return 400 <= self._response.status < 500 or self._response.status == 501

    @property
    def is_partial(self) -> bool:
        return self._response.status == 206

    @property
    def size(self) -> int | None:
        """The bytes of the whole image, where the head tells them (RFC 9110, sections 8.6 and 14.4)."""
        if self.is_partial:
            match = _TOTAL.fullmatch(self._headers.get("content-range", ""))
            return int(match[1]) if match else None
        length = self._headers.get("content-length", "")
        return int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else None

    def require_image(self, *, opaque: bool = False) -> None:
        """Raise `Invalid` unless the head declares an image, as it is: encoded bodies are never decoded (bombs).

        `opaque` also takes a head that says nothing of the bytes: no type, or one of `_OPAQUE`.
        """
        encoding = self._headers.get("content-encoding", "identity").strip().lower()
        declared = self._headers.get("content-type", "").partition(";")[0].strip().lower()
        typed = declared.startswith("image/") or (opaque and declared in _OPAQUE)
        if self._response.status not in (200, 206) or encoding != "identity" or not typed:
            raise not_an_image()

    def body(self) -> Iterator[bytes]:
        """The body as it comes; a caller who stops early closes the connection with the answer."""
        yield from self._response.iter_stream()
