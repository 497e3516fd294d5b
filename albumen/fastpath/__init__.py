"""Fast answers to the commonest reads: the first page of a list of pictures or albums, one picture, and thumbnails
that are stored. Originals too, where nginx sends them.

`answer` is the only door, in front of Django. It gives exactly what the ordinary way gives, headers and bytes, or
None: then the ordinary way answers. Nothing here knows a rule of its own. What somebody may see comes from the
QuerySets of `access`, how it is shown from the serializers' functions, and signatures from `signed_urls`. Whatever is
unusual about a request goes the ordinary way, and so does every refusal. ALBUMEN_FAST_PATHS=false closes the door.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from django.conf import settings

from albumen import rates
from albumen.errors import LimitReached
from albumen.fastpath import files, reads
from albumen.fastpath.database import DatabaseAway, TooMuch, begin, is_sqlite
from albumen.fastpath.memory import Memory, size_of
from albumen.fastpath.messages import Answer, Asked, Found
from albumen.operations import request_id
from albumen.operations.middleware import record
from albumen.storage import BLOCK

logger = logging.getLogger(__name__)
# Headers that leave an answer as it is. Any other one may change it.
# The last one says that nginx can send originals itself, which is all that it changes.
_HARMLESS = re.compile(
    "accept|accept-(encoding|language)|authorization|cache-control|connection|dnt|host|pragma|priority|referer|"
    "save-data|sec-[a-z-]+|upgrade-insecure-requests|user-agent|x-forwarded-(for|proto)|x-request-id|x-sendfile-type"
)
# Longer heads go the ordinary way, because parts of them are kept.
LONGEST_HEAD = 4096
# In these words clients ask for JSON; a browser's navigation asks for a page.
_JSON = frozenset({"", "*/*", "application/json", "application/json, */*", "application/json, text/plain, */*"})
# The paths of JSON: each with its route as it is logged, what reads it, and the methods that it allows.
_READS: list[tuple[re.Pattern[str], str, Callable[..., bytes | None], str]] = [
    (re.compile(path), route, read, f"GET, {methods}HEAD, OPTIONS")
    for path, route, read, methods in (
        (r"/api/pictures/", "/api/pictures/", reads.Reader.pictures, "POST, DELETE, "),
        (
            r"/api/pictures/([1-9][0-9]{0,17})/",
            "/api/pictures/<id:picture_id>/",
            reads.Reader.picture,
            "PATCH, DELETE, ",
        ),
        (r"/api/albums/", "/api/albums/", reads.Reader.albums, "POST, "),
        (
            r"/api/albums/([1-9][0-9]{0,17})/pictures/",
            "/api/albums/<id:album_id>/pictures/",
            reads.Reader.album_pictures,
            "POST, ",
        ),
    )
]
# As the middlewares of the settings set them.
_COMMON = (
    ("X-Frame-Options", settings.X_FRAME_OPTIONS),
    ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
    ("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
)
# So many bytes of what was found are kept, at most.
MOST_KEPT = 24 * 1024 * 1024
# A request whose answer took long goes the ordinary way for so many seconds.
SLOW_SECONDS = 60
_HSTS = (("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}"),)


def answer(asked: Asked) -> Answer | None:
    """Return the answer to a GET request without a query and without a body, or None for the ordinary way."""
    began = time.perf_counter()
    route = _route_of(asked.path)
    if not route or not _is_harmless(asked.headers):
        return None
    try:
        found = _find(asked)
        if found is None:
            return None
        content = b"" if found.left_to_nginx else found.content or _read(found.file)
        if not content and not found.left_to_nginx:
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
    return Answer(found, content, chosen)


def _is_harmless(headers: Mapping[str, str]) -> bool:
    names = " ".join(headers)
    return len(names) + sum(map(len, headers.values())) < LONGEST_HEAD and _are_harmless(names)


@lru_cache(maxsize=256)
def _are_harmless(names: str) -> bool:
    return all(map(_HARMLESS.fullmatch, names.split(" ")))


def _route_of(path: str) -> str:
    """Return the route of a path, as it is logged; empty for other routes than those in this package."""
    if files.PATH.fullmatch(path):
        return files.ROUTE
    return next((route for pattern, route, _, _ in _READS if pattern.fullmatch(path)), "")


_kept, _version = Memory(MOST_KEPT), None
# Until when requests go the ordinary way because their answers took long.
_slow = Memory(1024 * 1024)
_VARYING = "host", "authorization", "accept", "x-forwarded-proto", "x-sendfile-type"


def _find(asked: Asked) -> Found | None:
    """Return what is found for a request, on SQLite also what was found before, if nothing has changed since."""
    if not is_sqlite:
        return _look_for(asked)
    global _version  # noqa: PLW0603 - the event loop's alone
    now, started = time.time(), begin()
    if started != _version:
        _version = started
        _kept.clear()
    key = (asked.path, asked.scheme, *map(asked.headers.get, _VARYING))
    found: Found | None = _kept.get(key)
    if found is not None and found.until > now:
        return found
    asker = asked.path, asked.headers.get("authorization", "")
    if _slow.get(asker, 0.0) > now:
        return None
    try:
        found = _look_for(asked)
    except TooMuch:
        _slow.keep(asker, now + SLOW_SECONDS, size_of(*asker) + 200)
        raise
    # Twice the headers, for their lines are kept too.
    return found and _kept.keep(key, found, size_of(*key, found.content, found.file, *found.headers * 2) + 500)


def _look_for(asked: Asked) -> Found | None:
    """Return what a request gets, with all its headers but those of this one answer."""
    origin = asked.origin
    if origin is None:
        return None
    accept = asked.headers.get("accept", "")
    found = None
    if match := files.PATH.fullmatch(asked.path):
        found = files.file(match, accept, asked.headers.get("x-sendfile-type", ""))
    elif accept in _JSON:
        for pattern, _, find, allow in _READS:
            if match := pattern.fullmatch(asked.path):
                found = reads.read(asked.headers.get("authorization", ""), origin.url, find, match.groups(), allow)
    if found is None:
        return None
    hsts = _HSTS if origin.is_secure and settings.SECURE_HSTS_SECONDS else ()
    return replace(found, headers=(*found.headers, *_COMMON, *hsts))


def _read(path: str) -> bytes:
    """Return the content of a file; nothing where it is missing, or so large that it has to be sent in pieces."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        size = os.fstat(descriptor).st_size
        return os.read(descriptor, size) if size <= BLOCK else b""
    finally:
        os.close(descriptor)
