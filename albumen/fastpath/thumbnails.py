"""Thumbnails that are stored on this machine's disk, at their signed URLs."""

import re
from functools import lru_cache

from django.conf import DEFAULT_STORAGE_ALIAS
from django.core.files.storage import storages
from django.utils import timezone

from albumen import delivery, imaging, signed_urls
from albumen.errors import Forbidden
from albumen.fastpath.database import Read
from albumen.fastpath.messages import Found
from albumen.fastpath.signed_in import SignedIn, as_plan
from albumen.filenames import safe_filename
from albumen.library import renditions
from albumen.library.access.rows import FileRow, rows_of_file
from albumen.library.views.files import CACHE
from albumen.storage.disk import DiskStorage

PATH = re.compile(r"/files/([0-9]{1,18})/([1-9][0-9]{0,4})/([0-9]{1,18})/([0-9]{1,18})/([A-Za-z0-9_-]{1,64})/?")
ROUTE = "/files/<id:picture_id>/<str:size>/<id:viewer_id>/<id:expires>/<str:mac>/"
_MORE = (("Accept-Ranges", "bytes"), ("Vary", "Accept, origin"), ("Allow", "GET, HEAD, OPTIONS"))
_for_users, _for_visitors = Read(rows_of_file, limit=1), Read(rows_of_file, limit=1)


def thumbnail(match: "re.Match[str]", accept: str) -> Found | None:
    """Return the thumbnail at a signed URL whose path is this match of PATH."""
    picture_id, height, viewer_id, expires = map(int, match.groups()[:4])
    disk = storages[DEFAULT_STORAGE_ALIAS]
    row = _for_users.first(viewer_id, picture_id) if viewer_id else _for_visitors.first(None, picture_id)
    if row is None or not isinstance(disk, DiskStorage):
        return None
    file = FileRow(*row)
    plan = as_plan(file.thumbnail_heights, file.original)
    viewer = SignedIn(viewer_id, file.token_version, plan)
    try:
        signed = f"{picture_id}/{height}/{viewer_id}/{expires}/"
        signed_urls.require_valid("file", signed, match[5], viewer=viewer, expires=expires, now=timezone.now())
    except Forbidden:
        return None
    if not file.is_active or height not in plan.thumbnail_heights:
        return None
    webp = _takes_webp(accept)
    name, form = renditions.thumbnail(file.sha256, height, has_alpha=bool(file.has_alpha), webp=webp)
    tag = ("ETag", f'"{renditions.etag(file.sha256, name)}"')
    return Found((*_described(file.name, form), tag, *_MORE), until=expires, file=f"{disk.location}/{name}")


_takes_webp = lru_cache(maxsize=1024)(delivery.takes_webp)


@lru_cache(maxsize=1024)
def _described(picture_name: str, form: str) -> tuple[tuple[str, str], ...]:
    filename = safe_filename(picture_name, imaging.EXTENSIONS[form])
    return delivery.headers_of_file(imaging.MEDIA_TYPES[form], filename, CACHE)
