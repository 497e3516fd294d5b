"""Imports and exports: started here, done by a worker in the background."""

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
from albumen.tasks.access import require_room
from albumen.tasks.models import Status, Task, TaskKind
from albumen.tasks.services import start_task
from albumen.uploads.temporary import Upload

# An archive holds everything that its maker may see, so its URL works for a day only.
EXPORT_KEPT = timedelta(hours=24)
# Beside the pictures an archive has a few documents and a directory.
ARCHIVE_OVERHEAD = 50_000_000
# They lie beside the pictures and count on no quota.
ARCHIVES_KEPT = 10


def start_import(*, actor: User, urls: Sequence[str], now: datetime, album: int | None = None) -> Task:
    """Copy the images at these URLs into pictures of the actor's, and into the album with this id, in the
    background."""
    if album is not None:
        access.get_album_from_body(actor, album)
    arguments = {"urls": list(urls), "album": album}
    with atomic_with_response():
        require_room(actor.pk)
        return start_task(
            kind=TaskKind.IMPORT_PICTURES, owner_id=actor.pk, arguments=arguments, total=len(urls), now=now
        )


def archive_limit(actor: User) -> int:
    """Return the largest size in bytes of an archive that the actor may import."""
    quota, most = actor.plan.quota_bytes, int(settings.IMPORT_ARCHIVE_BYTES)
    return most if quota is None else min(most, quota + ARCHIVE_OVERHEAD)


def start_archive_import(*, actor: User, upload: Upload, now: datetime, album: int | None = None) -> Task:
    """Import an archive that an export has made, in the background. Raise `Invalid` when it is none, `Forbidden` when
    the quota has no room for its new pictures, `LimitReached` while another one of the actor's is imported."""
    if album is not None:
        access.get_album_from_body(actor, album)
    _require_no_other_archive(actor)
    with archives.opened(upload.path) as archive:
        _require_quota(actor, archive.pictures)
        total = len(archive.pictures) + (len(archive.albums) if album is None else 0)
    name = renditions.import_name(uuid.uuid4().hex)
    renditions.storage().place(upload.path, name, size=upload.size)
    try:
        with atomic_with_response():
            require_room(actor.pk)
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
    # Each takes as much of the disk again as it has pictures.
    others = Task.objects.open().filter(owner_id=actor.pk, kind=TaskKind.IMPORT_ARCHIVE)
    if others.exists():
        raise LimitReached(30, "Another archive of yours is being imported: wait until it is done, or cancel it.")


def _require_quota(actor: User, entries: Sequence[ArchivedPicture]) -> None:
    """Raise `Forbidden` where the files that the actor does not have yet take more than the quota has left."""
    if actor.plan.quota_bytes is None:
        return
    own = set(Picture.objects.live().filter(owner=actor).values_list("sha256", flat=True).iterator())
    needed = sum(entry.bytes for entry in entries if entry.sha256 not in own)
    left = actor.plan.quota_bytes - actor.bytes_used
    if needed > max(left, 0):
        detail = f"The archive has {needed:,} bytes that are new, and your plan has room for {max(left, 0):,}."
        raise Forbidden("quota_exceeded", detail, pointer="/archive")


def start_export(*, actor: User, now: datetime, album_id: int | None = None) -> Task:
    """Pack an album, or all of the actor's own pictures, into a ZIP, in the background. Raise `LimitReached` while the
    actor has as many archives as are kept for one user."""
    if album_id is not None:
        access.get_album(actor, album_id)
    with atomic_with_response():
        require_room(actor.pk)
        require_space(owner_id=actor.pk, now=now, open_ones=True)
        return start_task(kind=TaskKind.EXPORT_PICTURES, owner_id=actor.pk, arguments={"album": album_id}, now=now)


def require_space(*, owner_id: int, now: datetime, open_ones: bool = False) -> None:
    """Raise `LimitReached` while the user has as many archives as are kept for one; with `open_ones`, those that are
    not packed yet count too."""
    exports = Task.objects.filter(owner_id=owner_id, kind=TaskKind.EXPORT_PICTURES)
    kept = exports.filter(status=Status.SUCCEEDED, finished_at__gt=now - EXPORT_KEPT)
    room = ARCHIVES_KEPT
    if open_ones:
        room -= exports.open().count()
    ends = [cast(datetime, end) for end in kept.order_by("-finished_at").values_list("finished_at", flat=True)]
    if len(ends) < room:
        return
    detail = f"You have {ARCHIVES_KEPT} archives already, or on their way. Each is kept for a day: use one, or wait."
    wait = ends[room - 1] + EXPORT_KEPT - now if room > 0 and ends else timedelta(seconds=30)
    raise LimitReached(math.ceil(wait.total_seconds()), detail)
