"""Start imports and exports, which a worker carries out in the background (`albumen.library.jobs`)."""

import math
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings

from albumen.accounts.models import User
from albumen.errors import Forbidden, LimitReached, Unavailable
from albumen.idempotency.services.responses import atomic_with_response
from albumen.library import access, renditions
from albumen.library.models import Picture
from albumen.library.services import archives
from albumen.library.services.archives import ArchivedPicture
from albumen.sentences import Amount, Sentence
from albumen.tasks.access import require_task_slot
from albumen.tasks.models import Status, Task, TaskKind
from albumen.tasks.services import start_task
from albumen.uploads.temporary import Upload

# An export holds everything that its owner may see, and its URL needs no login, so it works for one day only.
EXPORT_KEPT = timedelta(hours=24)
# In bytes: what an archive has besides the pictures, which are a few JSON documents and the directory of the ZIP.
ARCHIVE_OVERHEAD = 50_000_000
# How many finished exports a user may have at a time. They take space in the storage, but do not count towards the
# quota of the plan, so their number has to be bounded.
EXPORTS_KEPT = 10


def start_import(*, actor: User, urls: Sequence[str], now: datetime, album: int | None = None) -> Task:
    """Start a task that copies the images at these URLs into pictures of the actor's, in the album with this id."""
    if album is not None:
        access.get_album_from_body(actor, album)
    arguments = {"urls": list(urls), "album": album}
    with atomic_with_response():
        require_task_slot(actor.pk)
        return start_task(
            kind=TaskKind.IMPORT_PICTURES, owner_id=actor.pk, arguments=arguments, total=len(urls), now=now
        )


def archive_limit(actor: User) -> int:
    """Return the largest size in bytes of an archive that the actor may import."""
    quota, most = actor.plan.quota_bytes, int(settings.IMPORT_ARCHIVE_BYTES)
    return most if quota is None else min(most, quota + ARCHIVE_OVERHEAD)


def start_archive_import(*, actor: User, upload: Upload, now: datetime, album: int | None = None) -> Task:
    """Start a task that imports an archive that an export has made.

    Raise `Invalid` if the file is not such an archive, `Forbidden` if its new pictures exceed the quota, and
    `LimitReached` while another archive of the actor's is being imported.
    """
    if album is not None:
        access.get_album_from_body(actor, album)
    _require_no_other_archive(actor)
    with archives.open_archive(upload.path) as archive:
        _require_quota(actor, archive.pictures)
        total = len(archive.pictures) + (len(archive.albums) if album is None else 0)
    name = renditions.import_name(uuid.uuid4().hex)
    renditions.storage().place(upload.path, name, size=upload.size)
    try:
        with atomic_with_response():
            require_task_slot(actor.pk)
            _require_no_other_archive(actor)
            arguments = {"archive": name, "album": album}
            return start_task(
                kind=TaskKind.IMPORT_ARCHIVE, owner_id=actor.pk, arguments=arguments, total=total, now=now
            )
    except BaseException:
        with suppress(Unavailable, OSError):
            renditions.storage().delete(name)
        raise


def archives_to_import() -> set[str]:
    """Return the names of the archives that tasks still need."""
    tasks = Task.objects.open().filter(kind=TaskKind.IMPORT_ARCHIVE)
    return {arguments["archive"] for arguments in tasks.values_list("arguments", flat=True)}


def _require_no_other_archive(actor: User) -> None:
    # An import needs the space of its archive as well as that of the pictures made of it.
    others = Task.objects.open().filter(owner_id=actor.pk, kind=TaskKind.IMPORT_ARCHIVE)
    if others.exists():
        raise LimitReached(30, "Another archive of yours is being imported: wait until it is done, or cancel it.")


def _require_quota(actor: User, entries: Sequence[ArchivedPicture]) -> None:
    """Raise `Forbidden` if the files that the actor does not have yet are larger than what is left of the quota."""
    if actor.plan.quota_bytes is None:
        return
    own = set(Picture.objects.live().filter(owner=actor).values_list("sha256", flat=True).iterator())
    needed = sum(entry.bytes for entry in entries if entry.sha256 not in own)
    left = actor.plan.quota_bytes - actor.bytes_used
    if needed > max(left, 0):
        detail = Sentence(
            "The archive has %(needed)s bytes that are new, and your plan has room for %(left)s.",
            needed=Amount(needed),
            left=Amount(max(left, 0)),
        )
        raise Forbidden("quota_exceeded", detail, pointer="/archive")


def start_export(*, actor: User, now: datetime, album_id: int | None = None) -> Task:
    """Start a task that packs an album, or with None all of the actor's own pictures and data, into a ZIP. Raise
    `LimitReached` while the actor has `EXPORTS_KEPT` exports, finished or under way."""
    album = None if album_id is None else access.get_album(actor, album_id)
    arguments = {"album": album_id, "organization": album and album.shown_to}
    with atomic_with_response():
        require_task_slot(actor.pk)
        require_export_slot(owner_id=actor.pk, now=now, open_ones=True)
        return start_task(kind=TaskKind.EXPORT_PICTURES, owner_id=actor.pk, arguments=arguments, now=now)


def require_export_slot(*, owner_id: int, now: datetime, open_ones: bool = False) -> None:
    """Raise `LimitReached`, with the time until the next export of the user's is deleted, while the user has
    `EXPORTS_KEPT` of them; with `open_ones`, exports that are queued or running count as well."""
    exports = Task.objects.filter(owner_id=owner_id, kind=TaskKind.EXPORT_PICTURES)
    kept = exports.filter(status=Status.SUCCEEDED, finished_at__gt=now - EXPORT_KEPT)
    room = EXPORTS_KEPT
    if open_ones:
        room -= exports.open().count()
    ends = [cast(datetime, end) for end in kept.order_by("-finished_at").values_list("finished_at", flat=True)]
    if len(ends) < room:
        return
    detail = Sentence(
        "You have %(count)s archives already, or on their way. Each is kept for a day: use one, or wait.",
        count=EXPORTS_KEPT,
    )
    wait = ends[room - 1] + EXPORT_KEPT - now if room > 0 and ends else timedelta(seconds=30)
    raise LimitReached(math.ceil(wait.total_seconds()), detail)
