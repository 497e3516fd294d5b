"""Fast answers to the commonest reads: the first page of a list of pictures or albums, one picture, and thumbnails
that are stored.

`answer` is the only door, in front of Django. It gives exactly what the ordinary way gives, headers and bytes, or
None: then the ordinary way answers. Nothing here knows a rule of its own. What somebody may see comes from the
QuerySets of `access`, how it is shown from the serializers' functions, and signatures from `signed_urls`. Whatever is
unusual about a request goes the ordinary way, and so does every refusal. ALBUMEN_FAST_PATHS=false closes the door.
"""

import logging
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from django.conf import settings

from albumen import rates
from albumen.errors import LimitReached
from albumen.fastpath import reads, thumbnails
from albumen.fastpath.database import DatabaseAway, is_sqlite, version
from albumen.fastpath.messages import Answer, Asked, Found
from albumen.operations import request_id
from albumen.operations.middleware import record

logger = logging.getLogger(__name__)
# Headers that leave an answer as it is. Any other one may change it.
_HARMLESS = re.compile(
    "accept|accept-(encoding|language)|authorization|cache-control|connection|dnt|host|pragma|priority|referer|"
    "save-data|sec-.*|upgrade-insecure-requests|user-agent|x-forwarded-(for|proto)|x-request-id|"
    # What nginx can send itself; nothing here is sent that way.
    "x-sendfile-type"
)
# In these words clients ask for JSON; a browser's navigation asks for a page.
_JSON = frozenset({"", "*/*", "application/json", "application/json, */*", "application/json, text/plain, */*"})
_PICTURE = re.compile(r"/api/pictures/([1-9][0-9]{0,17})/")
_ALBUM_PICTURES = re.compile(r"/api/albums/([1-9][0-9]{0,17})/pictures/")
# As the middlewares of the settings set them.
_COMMON = (
    ("X-Frame-Options", settings.X_FRAME_OPTIONS),
    ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
    ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
)
# A larger file is sent in pieces, the ordinary way.
LARGEST = 1024 * 1024
# So many bytes of what was found are kept, at most.
MOST_KEPT = 32 * 1024 * 1024
_HSTS = (("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}"),)


def answer(asked: Asked) -> Answer | None:
    """Return the answer to a GET request without a query and without a body, or None for the ordinary way."""
    began = time.perf_counter()
    route = _route_of(asked.path)
    if not route or not all(map(_is_harmless, asked.headers)):
        return None
    try:
        found = _find(asked)
        content = found and (found.content or _read(found.file))
        if not found or not content:
            return None
        if found.user_id is not None:
            rates.spend("api", f"user {found.user_id}")
    except (DatabaseAway, LimitReached):
        return None
    except Exception:
        logger.exception("A fast read failed; the request goes the ordinary way.")
        return None
    chosen = request_id.choose(asked.headers.get("x-request-id", ""))
    token = request_id.current.set(chosen)
    record("GET", route, 200, time.perf_counter() - began, found.user_id)
    request_id.current.reset(token)
    return Answer(content, [*found.headers, ("Content-Length", str(len(content))), ("X-Request-ID", chosen)])


@lru_cache(maxsize=256)
def _is_harmless(name: str) -> bool:
    return _HARMLESS.fullmatch(name) is not None and len(name) < 100


def _route_of(path: str) -> str:
    """Return the route of a path, as it is logged; empty for other routes than those in this package."""
    if path in ("/api/pictures/", "/api/albums/"):
        return path
    if thumbnails.PATH.fullmatch(path):
        return thumbnails.ROUTE
    if _PICTURE.fullmatch(path):
        return "/api/pictures/<id:picture_id>/"
    return "/api/albums/<id:album_id>/pictures/" if _ALBUM_PICTURES.fullmatch(path) else ""


class _Kept:
    """What was found since the database changed last."""

    def __init__(self, version: object) -> None:
        self.version = version
        self.found: dict[tuple[str | None, ...], Found] = {}
        self.bytes = 0


_kept = _Kept(None)
_VARYING = "host", "authorization", "accept", "x-forwarded-proto"


def _find(asked: Asked) -> Found | None:
    """Return what is found for a request, also if it was found before and nothing has changed since."""
    if not is_sqlite:
        return _look_for(asked)
    global _kept  # noqa: PLW0603 - the event loop's alone
    kept, now = _kept, version()
    if kept.version != now or kept.bytes > MOST_KEPT:
        kept = _kept = _Kept(now)
    key = (asked.path, asked.scheme, *map(asked.headers.get, _VARYING))
    found = kept.found.get(key)
    if found is None or found.until <= time.time():
        found = _look_for(asked)
        if found is not None:
            kept.found[key] = found
            kept.bytes += len(found.content) + 2000
    return found


def _look_for(asked: Asked) -> Found | None:
    """Return what a request gets, with all its headers but those of this one answer."""
    origin = asked.origin
    if origin is None:
        return None
    accept = asked.headers.get("accept", "")
    if match := thumbnails.PATH.fullmatch(asked.path):
        found = thumbnails.thumbnail(match, accept)
    elif accept in _JSON:
        find, allow = _json_at(asked.path)
        found = reads.read(asked.headers.get("authorization", ""), origin.url, find, allow)
    else:
        return None
    if found is None:
        return None
    hsts = _HSTS if origin.is_secure and settings.SECURE_HSTS_SECONDS else ()
    return replace(found, headers=(*found.headers, *_COMMON, *hsts))


def _json_at(path: str) -> tuple[Callable[[reads.Reader], bytes | None], str]:
    """Return what finds the JSON at this path, and which methods the path allows."""
    if path == "/api/pictures/":
        return reads.Reader.pictures, "GET, POST, DELETE, HEAD, OPTIONS"
    if path == "/api/albums/":
        return reads.Reader.albums, "GET, POST, HEAD, OPTIONS"
    number = int(path.split("/")[3])
    if _PICTURE.fullmatch(path):
        return lambda reader: reader.picture(number), "GET, PATCH, DELETE, HEAD, OPTIONS"
    return lambda reader: reader.album_pictures(number), "GET, POST, HEAD, OPTIONS"


def _read(path: str) -> bytes:
    """Return the content of a file; nothing where it is missing, or so large that it has to be sent in pieces."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, size) if size <= LARGEST else b""
    finally:
        os.close(descriptor)
