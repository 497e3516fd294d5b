"""Check that rows, files, counts and quotas agree, and repair what can be repaired."""

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from albumen.accounts.models import User
from albumen.accounts.services.avatars import stored_name
from albumen.library import renditions
from albumen.library.jobs.sweep import GRACE, sweep_files
from albumen.library.models import Album, Picture, Source
from albumen.library.services.freeing import is_named
from albumen.storage import ASIDE, Listed, storage


@dataclass(frozen=True, slots=True)
class Fault:
    """A sentence about something that does not agree; `mended` if it was repaired."""

    text: str
    mended: bool = False


def check_integrity(*, now: datetime, repair: bool, deep: bool) -> Iterator[Fault]:
    """Yield every fault. `deep` also reads each original and compares its sha256; `repair` mends what it can."""
    yield from _database()
    yield from _originals(now, deep=deep, repair=repair)
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


def _originals(now: datetime, *, deep: bool, repair: bool) -> Iterator[Fault]:
    """Compare rows and files, both in the order of their names: so neither list is held in memory, and the store is
    not asked for each file."""
    uploaded = Picture.objects.filter(source=Source.UPLOAD).values_list("sha256", "pk", "bytes").order_by("sha256")
    rows: Iterator[tuple[str, Any]] = ((renditions.original_name(row[0]), row) for row in uploaded.iterator())
    files: Iterator[tuple[str, Any]] = (
        (item.name, item) for item in storage().listed("originals") if not item.name.endswith(ASIDE)
    )
    for _, group in groupby(heapq.merge(files, rows, key=itemgetter(0)), key=itemgetter(0)):
        items = [item for _, item in group]
        file = items.pop(0) if isinstance(items[0], Listed) else None
        if file is not None and not items:
            yield from _unnamed_file(file, now, repair=repair)
        elif wrong := _wrong_with(items[0][0], items[0][2], file, deep=deep):
            yield from (Fault(f"picture {picture_id}: its original {wrong}") for _, picture_id, _ in items)
    if repair:
        sweep_files(now=now)


def _wrong_with(sha256: str, size: int, found: Listed | None, *, deep: bool) -> str:
    name = renditions.original_name(sha256)
    if found is None or found.size != size:
        try:
            # It may have come since the listing.
            there = storage().size(name)
        except FileNotFoundError:
            return "is not there"
        if there != size:
            return f"has {there} bytes instead of {size}"
    if deep:
        try:
            with storage().open(name) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    return "has other bytes than its name says"
        except FileNotFoundError:
            return "is not there"
    return ""


def _unnamed_file(file: Listed, now: datetime, *, repair: bool) -> Iterator[Fault]:
    sha256 = file.name.rpartition("/")[2]
    if file.placed < (now - GRACE).timestamp() and not is_named(sha256):
        yield Fault(f"file {sha256}: no picture names it", mended=repair)


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
    there = {item.name for item in storage().listed("avatars") if item.size}
    for user in User.objects.exclude(avatar="").only("pk", "avatar").iterator():
        name = stored_name(user.avatar)
        # It may have come since the listing.
        if name in there or storage().holds(name):
            continue
        if repair:
            User.objects.filter(pk=user.pk, avatar=user.avatar).update(avatar="")
        yield Fault(f"user {user.pk}: the avatar's file is not there", mended=repair)
