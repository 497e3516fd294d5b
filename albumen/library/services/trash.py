"""Move pictures into the trash and out of it, and delete them for good."""

from collections import deque
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import F, QuerySet

from albumen.accounts.models import User
from albumen.errors import NotFound
from albumen.events.services import publish
from albumen.library import access
from albumen.library.models import Album, Picture, PictureQuerySet, Source
from albumen.library.services import events
from albumen.library.services.album_contents import BATCH, add_to_album_counts, recount_albums
from albumen.library.services.freeing import free_files, sweep_soon
from albumen.library.services.locks import lock_pictures
from albumen.viewers import require_administrator

TRASH_KEPT = timedelta(days=30)
# The files of more pictures are removed by a task, so that nobody waits for that.
FREED_AT_ONCE = 200


def delete_picture(*, actor: User, picture_id: int, now: datetime) -> None:
    """Move a picture to the trash. Every link to it ends at once; nothing is lost."""
    picture = access.get_editable_picture(actor, picture_id)
    with transaction.atomic():
        if trash_pictures(Picture.objects.filter(pk=picture_id), now=now):
            publish(events.of_picture("deleted", picture), now=now)


def delete_pictures(*, actor: User, pictures: QuerySet[Picture], now: datetime) -> list[int]:
    """Move pictures to the trash together, for an administrator, and return the ids of those that were not there yet.
    Their common time of deletion is `now`."""
    require_administrator(actor)
    with transaction.atomic():
        deleted = trash_pictures(Picture.objects.filter(pk__in=pictures.values("pk")), now=now)
        publish(*events.of_pictures("deleted", deleted), now=now)
    return deleted


def delete_every_picture(*, actor: User, now: datetime) -> None:
    """Move every picture in the system to the trash (requirement D7), in one statement. For administrators."""
    require_administrator(actor)
    together = int(now.timestamp() * 1_000_000)
    with transaction.atomic():
        if connection.features.has_select_for_update:
            # The UPDATE alone would lock rows in an arbitrary order. Rows in the trash are locked as well: another
            # transaction may be restoring them.
            deque(lock_pictures(Picture.objects.all()).iterator(), maxlen=0)
        count = Picture.objects.live().update(deleted_at=now, deleted_with=together)
        recount_albums()
        if count:
            recipients = access.recipients_of_pictures(Picture.objects.filter(deleted_with=together))
            publish(events.of_many("deleted", recipients), now=now)


def trash_pictures(pictures: PictureQuerySet, *, now: datetime) -> list[int]:
    """Move pictures to the trash, subtract them from the counts of their albums, and return the ids of those that were
    not in the trash before. The caller has begun a transaction, and publishes the event."""
    ids = list(lock_pictures(pictures.live()))
    _set_deleted_at(ids, now)
    return ids


def restore_picture(*, actor: User, picture_id: int, now: datetime) -> Picture:
    """Take a picture out of the trash; it is in its albums again, and its links work again."""
    picture = access.get_trashed_picture(actor, picture_id)
    with transaction.atomic():
        restored = untrash_pictures(Picture.objects.filter(pk=picture_id))
        if not Picture.objects.filter(pk=picture_id).exists():
            raise NotFound
        picture.deleted_at = None
        if restored:
            publish(events.of_picture("restored", picture), now=now)
    return picture


def restore_chosen_pictures(*, actor: User, pictures: QuerySet[Picture], now: datetime) -> list[int]:
    """Take pictures out of the trash, for an administrator, and return the ids of those that were there."""
    require_administrator(actor)
    with transaction.atomic():
        restored = untrash_pictures(Picture.objects.filter(pk__in=pictures.values("pk")))
        publish(*events.of_pictures("restored", restored), now=now)
    return restored


def restore_pictures(*, actor: User, scope: str, now: datetime) -> int:
    """Take pictures out of the trash, and return how many: all of the actor's own, or for administrators, with the
    scope `all`, those that the last deletion of every picture put there."""
    trashed = access.trash_to_restore(actor, scope)
    with transaction.atomic():
        restored = untrash_pictures(trashed)
        publish(*events.of_pictures("restored", restored), now=now)
    return len(restored)


def untrash_pictures(pictures: PictureQuerySet) -> list[int]:
    """Take pictures out of the trash, add them to the counts of their albums, and return the ids of those that were in
    the trash before. The caller has begun a transaction, and publishes the event."""
    ids = list(lock_pictures(pictures.trashed()))
    _set_deleted_at(ids, None)
    return ids


def _set_deleted_at(ids: list[int], deleted_at: datetime | None) -> None:
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        Picture.objects.filter(pk__in=some).update(deleted_at=deleted_at, deleted_with=None)
    add_to_album_counts(ids, +1 if deleted_at is None else -1)


def purge_picture(*, actor: User, picture_id: int, now: datetime) -> None:
    """Delete one picture in the trash for good."""
    access.get_trashed_picture(actor, picture_id)
    _purge(Picture.objects.filter(pk=picture_id), now)


def purge_chosen_pictures(*, actor: User, pictures: QuerySet[Picture], now: datetime) -> int:
    """Delete for good those of these pictures that are in the trash, for an administrator, and return how many."""
    require_administrator(actor)
    return _purge(Picture.objects.filter(pk__in=pictures.values("pk")), now)


def purge_trash(*, now: datetime, kept: timedelta = TRASH_KEPT) -> int:
    """Delete for good what was in the trash for so long, and return how many pictures these were."""
    return _purge(Picture.objects.filter(deleted_at__lte=now - kept), now)


def _purge(pictures: PictureQuerySet, now: datetime) -> int:
    """Delete those of these pictures that are in the trash, in one transaction for each owner, and then their files.
    Return how many."""
    trashed = pictures.trashed()
    owners = trashed.order_by("owner").values_list("owner", flat=True).distinct()
    return sum(_purge_of(owner_id, trashed, now) for owner_id in list(owners))


@transaction.atomic
def _purge_of(owner_id: int, trashed: QuerySet[Picture], now: datetime) -> int:
    User.objects.lock(owner_id)
    rows = list(trashed.filter(owner=owner_id).order_by("pk").select_for_update())
    list(Album.objects.filter(chosen_cover__in=rows).order_by("pk").select_for_update().values_list("pk"))
    # Made before the deletion, because `delete()` sets `pk` to None.
    happened = [events.of_picture("deleted", picture, [owner_id]) for picture in rows]
    for picture in rows:
        picture.delete()
    hashes = {picture.sha256 for picture in rows if picture.source != Source.LINK}
    if len(hashes) <= FREED_AT_ONCE:
        transaction.on_commit(partial(free_files, hashes, now=now), robust=True)
    else:
        transaction.on_commit(partial(sweep_soon, now=now), robust=True)
    size = sum(picture.bytes for picture in rows)
    owner = User.objects.filter(pk=owner_id)
    owner.update(bytes_used=F("bytes_used") - size, picture_count=F("picture_count") - len(rows))
    if rows:
        publish(*(happened if len(rows) == 1 else [events.of_many("deleted", [owner_id])]), now=now)
    return len(rows)
