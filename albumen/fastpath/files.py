"""Files on this machine's disk at their signed URLs: thumbnails that are stored, and originals that nginx sends."""

import re
from functools import lru_cache

from django.conf import DEFAULT_STORAGE_ALIAS
from django.core.files.storage import storages
from django.utils import timezone

from albumen import delivery, imaging, signed_urls
from albumen.accounts.access import rows_of_logins
from albumen.errors import Forbidden
from albumen.fastpath.database import Read
from albumen.fastpath.messages import Found
from albumen.fastpath.signed_in import SignedIn, as_plan
from albumen.filenames import safe_filename
from albumen.library import renditions
from albumen.library.access import ORIGINAL
from albumen.library.access.rows import FileRow, PlanRow, rows_of_file
from albumen.library.views.files import CACHE
from albumen.storage.disk import DiskStorage

PATH = re.compile(
    r"/files/([0-9]{1,18})/([1-9][0-9]{0,4}|original)/([0-9]{1,18})/([0-9]{1,18})/([A-Za-z0-9_-]{1,64})/?"
)
ROUTE = "/files/<id:picture_id>/<str:size>/<id:viewer_id>/<id:expires>/<str:mac>/"
_MORE = (("Vary", "Accept, origin"), ("Allow", "GET, HEAD, OPTIONS"))
_logins = Read(rows_of_logins, limit=1)
_for_users, _for_visitors = Read(rows_of_file, limit=1), Read(rows_of_file, limit=1)


def file(match: "re.Match[str]", accept: str, sendfile_type: str) -> Found | None:
    """Return the thumbnail or the original at a signed URL whose path is this match of PATH."""
    picture_id, viewer_id, expires = int(match[1]), int(match[3]), int(match[4])
    disk = storages[DEFAULT_STORAGE_ALIAS]
    of_original = match[2] == ORIGINAL
    if not isinstance(disk, DiskStorage) or (of_original and not delivery.nginx_asks(sendfile_type)):
        return None
    logins = _logins.first(viewer_id) if viewer_id else (0,)
    if logins is None:
        return None
    # Before anything is looked for that may take long: whoever forges a signature costs one row.
    try:
        viewer = SignedIn(viewer_id, logins[0], PlanRow((), False))
        signed = f"{picture_id}/{match[2]}/{viewer_id}/{expires}/"
        signed_urls.require_valid("file", signed, match[5], viewer=viewer, expires=expires, now=timezone.now())
    except Forbidden:
        return None
    row = _for_users.first(viewer_id, picture_id) if viewer_id else _for_visitors.first(None, picture_id)
    if row is None:
        return None
    found = FileRow(*row)
    plan = as_plan(found.thumbnail_heights, found.original)
    if of_original:
        own = viewer_id == found.owner_id
        return _original(found, expires, own=own) if plan.original else None
    height = int(match[2])
    if height not in plan.thumbnail_heights:
        return None
    webp = _takes_webp(accept)
    name, form = renditions.thumbnail(found.sha256, height, has_alpha=bool(found.has_alpha), webp=webp)
    return Found(
        (*_headers(found, name, form), *_MORE, ("Accept-Ranges", "bytes")),
        until=expires,
        file=f"{disk.location}/{name}",
    )


def _original(found: FileRow, expires: int, *, own: bool) -> Found:
    """Return what has nginx send the original: as it was uploaded to its owner, without private metadata to others."""
    sha256, form = found.sha256, found.format
    name = renditions.original_name(sha256) if own else renditions.shared_original_name(sha256, form)
    # A file that is missing is asked for once more, without what nginx says of itself.
    headers = (*_headers(found, name, form), *_MORE, delivery.left_to_nginx(name))
    return Found(headers, until=expires, left_to_nginx=True)


def _headers(found: FileRow, name: str, form: str) -> tuple[tuple[str, str], ...]:
    return (*_described(found.name, form), ("ETag", f'"{renditions.etag(found.sha256, name)}"'))


_takes_webp = lru_cache(maxsize=1024)(delivery.takes_webp)


@lru_cache(maxsize=1024)
def _described(picture_name: str, form: str) -> tuple[tuple[str, str], ...]:
    filename = safe_filename(picture_name, imaging.EXTENSIONS[form])
    return delivery.headers_of_file(imaging.MEDIA_TYPES[form], filename, CACHE)
