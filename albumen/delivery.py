"""Image bytes out: conditional and Range requests (RFC 9110), and headers that keep a hostile file harmless."""

import re
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from albumen.errors import NotFound
from albumen.filenames import content_disposition
from albumen.storage import BLOCK, storage

# A document made of an image may load and run nothing, whatever its bytes pretend to be.
SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send(
    request: HttpRequest,
    name: str,
    *,
    media_type: str,
    etag: str,
    filename: str,
    cache_control: str,
    vary: str = "",
    whole: bool = False,
    attachment: bool = False,
) -> HttpResponseBase:
    """The stored file `name`, or 206, 304, 412 or 416 as the request's conditions ask; `NotFound` when it is missing.

    `etag` is an opaque value without quotes. `whole` ignores ranges and conditions, and gives no validator;
    `attachment` has browsers keep it instead of showing it.
    """
    try:
        file = storage().open(name)
    except FileNotFoundError:
        raise NotFound from None
    size = file.size
    quoted = f'"{etag}"'
    response: HttpResponseBase | None = None
    if not whole:
        response = get_conditional_response(request, etag=quoted)
        if response is not None:
            file.close()
    start, end = 0, size - 1
    if response is None:
        span = None if whole else _range(request, size, quoted)
        if span == (-1, -1):
            file.close()
            response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        else:
            start, end = span or (0, size - 1)
            status = 200 if span is None else 206
            response = _body(request, file, start, end - start + 1, status)
            response["Content-Length"] = str(end - start + 1)
            if span is not None:
                response["Content-Range"] = f"bytes {start}-{end}/{size}"
    response["Content-Type"] = media_type
    response["Content-Disposition"] = content_disposition(filename, attachment=attachment)
    response["Cache-Control"] = cache_control
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SECURITY_POLICY
    # Gallery pages of other origins may show the picture; its address is the secret.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if not whole:
        response["ETag"] = quoted
        response["Accept-Ranges"] = "bytes"
    if vary:
        response["Vary"] = vary
    return response


def has_first_byte(response: HttpResponseBase) -> bool:
    """Return whether a download begins with this answer, whole or as the first of its parts."""
    return response.status_code == 200 or response.get("Content-Range", "").startswith("bytes 0-")


def _body(request: HttpRequest, file: IO[bytes], start: int, length: int, status: int) -> HttpResponseBase:
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status)
    blocks = storage().blocks(file, start, length)
    if length <= BLOCK:
        with file:
            return HttpResponse(b"".join(blocks), status=status)
    response = StreamingHttpResponse(blocks, status=status)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte of a single-range request; None to send all; (-1, -1) when there is no such span."""
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
