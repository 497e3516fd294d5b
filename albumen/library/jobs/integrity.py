"""Whether rows, files, counts and quotas agree; and mending what can be mended."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from albumen.accounts.models import User
from albumen.library import renditions
from albumen.library.jobs.sweep import GRACE, sweep_files
from albumen.library.models import Album, Picture, Source


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not agree, in words; `mended` when it does now."""

    text: str
    mended: bool = False


def check_integrity(*, now: datetime, repair: bool, deep: bool) -> Iterator[Fault]:
    """Every fault that is found. `deep` also reads each original and compares its sha256."""
    yield from _database()
    yield from _originals(deep=deep)
    yield from _unnamed_files(now, repair=repair)
    yield from _usage(repair=repair)
    yield from _album_counts(repair=repair)
    yield from _avatars(repair=repair)


def _database() -> Iterator[Fault]:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for (line,) in cursor.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                yield Fault(f"database: {line}")
        for table, row, parent, _ in cursor.execute("PRAGMA foreign_key_check").fetchall():
            yield Fault(f"database: {table} {row} refers to a row of {parent} that is not there")


def _originals(*, deep: bool) -> Iterator[Fault]:
    uploaded = Picture.objects.filter(source=Source.UPLOAD).values_list("pk", "sha256", "bytes")
    seen: dict[str, str] = {}
    for picture_id, sha256, size in uploaded.order_by("sha256").iterator():
        if sha256 not in seen:
            seen = {sha256: _wrong_with(sha256, size, deep=deep)}
        if seen[sha256]:
            yield Fault(f"picture {picture_id}: its original {seen[sha256]}")


def _wrong_with(sha256: str, size: int, *, deep: bool) -> str:
    path = Path(renditions.storage().path(renditions.original_name(sha256)))
    if not path.is_file():
        return "is not there"
    if path.stat().st_size != size:
        return f"has {path.stat().st_size} bytes instead of {size}"
    if deep:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                return "has other bytes than its name says"
    return ""


def _unnamed_files(now: datetime, *, repair: bool) -> Iterator[Fault]:
    before = (now - GRACE).timestamp()
    for path in sorted(Path(renditions.storage().location).glob("originals/*/*")):
        sha256 = path.name.removesuffix(".swept")
        if path.stat().st_mtime < before and not Picture.objects.filter(sha256=sha256).exists():
            yield Fault(f"file {path.name}: no picture names it", mended=repair)
    if repair:
        sweep_files(now=now)


def _usage(*, repair: bool) -> Iterator[Fault]:
    users = User.objects.annotate(
        true_bytes=Coalesce(Sum("pictures__bytes"), 0), true_count=Count("pictures")
    ).values_list("pk", "bytes_used", "picture_count", "true_bytes", "true_count")
    for user_id, size, count, true_size, true_count in users.iterator():
        if (size, count) == (true_size, true_count):
            continue
        if repair:
            User.objects.filter(pk=user_id).update(bytes_used=true_size, picture_count=true_count)
        yield Fault(
            f"user {user_id}: {size} bytes in {count} pictures are counted, {true_size} in {true_count} are there",
            mended=repair,
        )


def _album_counts(*, repair: bool) -> Iterator[Fault]:
    live = Count("entries", filter=Q(entries__picture__deleted_at=None))
    for album_id, count, true_count in (
        Album.objects.annotate(n=live).values_list("pk", "picture_count", "n").iterator()
    ):
        if count == true_count:
            continue
        if repair:
            Album.objects.filter(pk=album_id).update(picture_count=true_count)
        yield Fault(f"album {album_id}: {count} pictures are counted, {true_count} are there", mended=repair)


def _avatars(*, repair: bool) -> Iterator[Fault]:
    for user in User.objects.exclude(avatar="").only("pk", "avatar").iterator():
        if renditions.storage().holds(f"avatars/{user.avatar[:2]}/{user.avatar}"):
            continue
        if repair:
            User.objects.filter(pk=user.pk, avatar=user.avatar).update(avatar="")
        yield Fault(f"user {user.pk}: the avatar's file is not there", mended=repair)
