"""Image bytes out: conditional and Range requests (RFC 9110), and headers that keep a hostile file harmless."""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.request import MediaType
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from albumen import security_policy
from albumen.errors import NotFound
from albumen.filenames import content_disposition
from albumen.storage import BLOCK, DiskStorage, storage

# Where deploy/nginx.conf has the storage folder; only a response can lead there.
_STORED = "/-stored/"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send(
    request: HttpRequest,
    name: str,
    *,
    content: bytes | None = None,
    media_type: str,
    etag: str,
    filename: str,
    cache_control: str,
    vary: str = "",
    whole: bool = False,
    attachment: bool = False,
    nginx_may_send: bool = False,
) -> HttpResponseBase:
    """Return the stored file `name`, or 206, 304, 412 or 416 as the request's conditions ask. Raise `NotFound` if it
    does not exist. `content` are its bytes if it is not stored.

    `etag` is an opaque value without quotes. `whole` ignores ranges and conditions, and sends no validator;
    `attachment` makes browsers save the file instead of showing it. `nginx_may_send` leaves the bytes to an nginx that
    has the file: not for what nginx caches, and not where it matters how much a client has taken.
    """
    try:
        file: File[bytes] = storage().open(name) if content is None else ContentFile(content)
    except FileNotFoundError:
        raise NotFound from None
    quoted = f'"{etag}"'
    response: HttpResponseBase | None = None if whole else get_conditional_response(request, etag=quoted)
    if response is None:
        span = None if whole else _range(request, file.size, quoted)
        if nginx_may_send and content is None and _nginx_sends(request, span):
            file.close()
            status = HTTPStatus.OK if span is None else HTTPStatus.PARTIAL_CONTENT
            response = HttpResponse(status=status, headers=dict([left_to_nginx(name)]))
        else:
            response = _content(request, file, span)
    else:
        file.close()
    for header, value in headers_of_file(media_type, filename, cache_control, attachment=attachment):
        response[header] = value
    if not whole:
        response["ETag"] = quoted
        # nginx adds this by itself to what is whole, and to a part it does not.
        if "X-Accel-Redirect" not in response or response.status_code == HTTPStatus.PARTIAL_CONTENT:
            response["Accept-Ranges"] = "bytes"
    if vary:
        response["Vary"] = vary
    return response


def headers_of_file(
    media_type: str, filename: str, cache_control: str, *, attachment: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return the headers that say what a file is, and keep a hostile one harmless."""
    return (
        ("Content-Type", media_type),
        ("Content-Disposition", content_disposition(filename, attachment=attachment)),
        ("Cache-Control", cache_control),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", security_policy.FILE),
        # Gallery pages of other origins may show the picture; its address is the secret.
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )


class ObservedResponse(StreamingHttpResponse):
    """The content of another response. Calls `cut_short` when it is closed before all of it was taken to be sent, or
    a server has set `client_left`."""

    client_left = False

    def __init__(self, response: HttpResponseBase, cut_short: Callable[[], None]) -> None:
        super().__init__(self._until_taken(response), status=response.status_code)
        self.headers = response.headers
        self._resource_closers += response._resource_closers  # type: ignore[attr-defined]
        self._cut_short, self._taken, self._ended = cut_short, False, False

    def _until_taken(self, response: HttpResponseBase) -> Iterator[bytes]:
        yield from response
        self._taken = True

    def close(self) -> None:
        try:
            if not self._ended and (self.client_left or not self._taken):
                self._cut_short()
        finally:
            self._ended = True
            super().close()


def takes_webp(accept: str) -> bool:
    """Return whether this `Accept` header names WebP, as browsers do that can show it; a wildcard is also what those
    send that cannot."""
    named = (MediaType(kind) for kind in accept.split(",") if kind.strip())
    return any((kind.main_type, kind.sub_type) == ("image", "webp") and kind.quality != 0 for kind in named)


def has_first_byte(response: HttpResponseBase) -> bool:
    """Return whether a download begins with this answer, whole or as the first of its parts."""
    return response.status_code == 200 or response.get("Content-Range", "").startswith("bytes 0-")


def left_to_nginx(name: str) -> tuple[str, str]:
    """Return the header that has nginx send the file of this name in the storage."""
    return "X-Accel-Redirect", _STORED + quote(name)


def nginx_asks(asked: str) -> bool:
    """Return whether nginx can send stored files; `asked` is its header X-Sendfile-Type."""
    return asked == "X-Accel-Redirect" and settings.X_ACCEL and isinstance(storage(), DiskStorage)


def _nginx_sends(request: HttpRequest, span: tuple[int, int] | None) -> bool:
    """Return whether nginx, which asks for it, sends the bytes of `span`, a result of `_range`, as `_content` would.

    Of conditions it knows only `If-Range` and one range here; what it would understand otherwise is not left to it.
    """
    headers = request.headers
    return (
        nginx_asks(headers.get("X-Sendfile-Type", ""))
        and request.method == "GET"
        and span != (-1, -1)
        and ("Range" in headers) == (span is not None)
        and "If-Match" not in headers
        and "If-Unmodified-Since" not in headers
    )


def _content(request: HttpRequest, file: "File[bytes]", span: tuple[int, int] | None) -> HttpResponseBase:
    """Return the response with the bytes of `span`, which is a result of `_range`, or with the whole file."""
    if span == (-1, -1):
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    start, end = span or (0, file.size - 1)
    length = end - start + 1
    status, headers = 200, {"Content-Length": str(length)}
    if span is not None:
        status, headers["Content-Range"] = 206, f"bytes {start}-{end}/{file.size}"
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    blocks = storage().blocks(file, start, length)
    if length <= BLOCK:
        with file:
            return HttpResponse(b"".join(blocks), status=status, headers=headers)
    response = StreamingHttpResponse(blocks, status=status, headers=headers)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first and last byte of a single-range request, None to send all, or (-1, -1) if the file has no such
    bytes."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or not match or match.groups() == ("", ""):
        return None
    condition = request.headers.get("If-Range")
    if condition is not None and condition != etag:
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size - 1) if length else (-1, -1)
    if int(first) >= size:
        return -1, -1
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if end >= int(first) else None
