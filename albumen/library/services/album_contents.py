"""The pictures in an album, their order, and `Album.picture_count`, which stays right under concurrent writers."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from albumen.accounts.models import User
from albumen.errors import Forbidden, Invalid, NotFound
from albumen.events.services import publish
from albumen.idempotency.services.responses import atomic_with_response
from albumen.library import access
from albumen.library.models import Album, AlbumPicture, AlbumPictureQuerySet, Picture
from albumen.library.services import events
from albumen.library.services.locks import lock_album, lock_pictures, lock_rights_in
from albumen.sentences import Sentence

# The distance between the positions of appended pictures: there is room to move many others between two of them.
GAP = 1 << 20
BATCH = 500


def add_pictures(*, actor: User, album_id: int, picture_ids: Sequence[int], now: datetime) -> Album:
    """Append the actor's own pictures, and return the album with its cover. A picture that is in the album already
    keeps its place. Raise `Invalid` if one of the ids is not a picture of the actor's."""
    wanted = list(dict.fromkeys(picture_ids))
    with atomic_with_response():
        album = lock_to_fill(actor=actor, album_id=album_id)
        # Locked, so that no picture is moved to the trash before it is counted.
        own = set(lock_pictures(Picture.objects.live().filter(pk__in=wanted, owner_id=actor.pk)))
        if missing := [str(picture_id) for picture_id in wanted if picture_id not in own]:
            detail = Sentence("These are no pictures of yours: %(ids)s.", ids=", ".join(missing[:10]))
            raise Invalid("unknown_picture", detail, pointer="/pictures")
        append(album=album, picture_ids=wanted, now=now)
        publish(events.of_changed_contents(album), now=now)
    return access.get_album(actor, album_id)


def lock_to_fill(*, actor: User, album_id: int) -> Album:
    """Return an album for an actor who may change its pictures, and who keeps this right until the transaction ends.
    Raise as `access.get_album_to_edit_contents` does."""
    lock_rights_in(album_id)
    return access.get_album_to_edit_contents(actor, album_id)


def append(*, album: Album, picture_ids: Sequence[int], now: datetime) -> int:
    """Put pictures at the album's end, and return how many were not in it before. The caller has begun a transaction,
    and publishes the event."""
    # Without the lock, two concurrent appends would use the same positions.
    lock_album(album.pk)
    present = set(album.entries.filter(picture__in=picture_ids).values_list("picture_id", flat=True))
    last = album.entries.aggregate(last=Max("position"))["last"] or 0
    entries = [
        AlbumPicture(album=album, picture_id=picture_id, position=last + GAP * number)
        for number, picture_id in enumerate((one for one in picture_ids if one not in present), start=1)
    ]
    AlbumPicture.objects.bulk_create(entries)
    Album.objects.filter(pk=album.pk).update(picture_count=F("picture_count") + len(entries), updated_at=now)
    return len(entries)


def append_own(*, actor: User, album: Album, picture_ids: Sequence[int], now: datetime) -> None:
    """Append, in this order, those of these pictures that the actor still has, and publish the event, in the caller's
    transaction."""
    wanted, count = list(dict.fromkeys(picture_ids)), 0
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        own = set(lock_pictures(Picture.objects.live().filter(pk__in=some, owner_id=actor.pk)))
        count += append(album=album, picture_ids=[one for one in some if one in own], now=now)
    if count:
        publish(events.of_changed_contents(album), now=now)


def remove_picture(*, actor: User, album_id: int, picture_id: int, now: datetime) -> None:
    """Take a picture out of the album; the picture stays. Raise `NotFound` when it is not in it."""
    refusals = remove_pictures(actor=actor, album_id=album_id, picture_ids=[picture_id], now=now)
    if refusals:
        raise refusals[picture_id]


def remove_pictures(
    *, actor: User, album_id: int, picture_ids: Collection[int], now: datetime
) -> dict[int, NotFound | Forbidden]:
    """Take pictures out of the album; the pictures stay. Return the error about each one that was not taken out."""
    with transaction.atomic():
        lock_rights_in(album_id)
        removable, refusal = access.removable_pictures(actor, album_id)
        # Locked, so that a concurrent move to the trash does not subtract a picture a second time.
        live = list(lock_pictures(removable.filter(pk__in=picture_ids)))
        removed = _remove(album_id, live, now)
    return {picture_id: refusal for picture_id in picture_ids if picture_id not in removed}


def _remove(album_id: int, picture_ids: Collection[int], now: datetime) -> set[int]:
    """Take pictures, whose rows the caller has locked, out of the album; return the ids of those that were in it."""
    albums = Album.objects.filter(pk=album_id)
    # Without the lock, another writer could take out the same pictures, and subtract them as well.
    if not picture_ids or (album := albums.select_for_update().first()) is None:
        return set()
    entries = AlbumPicture.objects.filter(album=album_id, picture__in=picture_ids)
    removed = set(entries.values_list("picture_id", flat=True))
    if removed:
        entries.delete()
        albums.update(picture_count=F("picture_count") - len(removed), updated_at=now)
        albums.filter(chosen_cover__in=removed).update(chosen_cover=None)
        publish(events.of_changed_contents(album), now=now)
    return removed


def remove_pictures_of_others(album: Album) -> None:
    """Take the pictures of everybody but the album's owner out of it, also those in the trash. The caller has locked
    these pictures and the album, saves the album, and publishes the event."""
    album.entries.exclude(picture__owner=album.owner_id).delete()
    album.picture_count = album.entries.live().count()
    if not album.entries.filter(picture=album.chosen_cover_id).exists():
        album.chosen_cover_id = None


def move_picture(*, actor: User, album_id: int, picture_id: int, before: int | None, now: datetime) -> None:
    """Move a picture to the place before another one of the album, or to its end with None."""
    with transaction.atomic():
        album = lock_to_fill(actor=actor, album_id=album_id)
        lock_album(album.pk)
        entry = album.entries.live().filter(picture_id=picture_id).first()
        if entry is None:
            raise NotFound
        if before == picture_id:
            return
        others = album.entries.exclude(pk=entry.pk)
        if before is None:
            entry.position = (others.aggregate(last=Max("position"))["last"] or 0) + GAP
        else:
            entry.position = _position_before(others, before)
        entry.save(update_fields=["position"])
        Album.objects.filter(pk=album.pk).update(updated_at=now)
        publish(events.of_changed_contents(album), now=now)


def _position_before(others: AlbumPictureQuerySet, before: int) -> int:
    target = others.live().filter(picture_id=before).first()
    if target is None:
        raise Invalid("not_in_album", "Name a picture of this album, or null for its end.", pointer="/before")
    previous = others.filter(position__lt=target.position).aggregate(last=Max("position"))["last"]
    floor = target.position - 2 * GAP if previous is None else previous
    if target.position - floor >= 2:
        return (floor + target.position) // 2
    # No number is left between the two: give all pictures new positions, with gaps again.
    rows = list(others.order_by("position", "picture_id"))
    for number, row in enumerate(rows, start=1):
        row.position = GAP * number
    AlbumPicture.objects.bulk_update(rows, ["position"], batch_size=BATCH)
    return next(row.position for row in rows if row.picture_id == before) - GAP // 2


def add_to_album_counts(picture_ids: Sequence[int], step: int) -> None:
    """Add `step` (+1 or -1) to the `picture_count` of every album, once for each of these pictures that is in it."""
    counts: Counter[int] = Counter()
    for start in range(0, len(picture_ids), BATCH):
        entries = AlbumPicture.objects.filter(picture__in=picture_ids[start : start + BATCH])
        counts.update(entries.values_list("album_id", flat=True))
    # All pictures are counted before an album is locked, because a transaction locks albums in the order of their ids.
    album_ids = sorted(counts)
    for start in range(0, len(album_ids), BATCH):
        some = album_ids[start : start + BATCH]
        if len(some) > 1:
            # An UPDATE of several rows alone would lock them in an arbitrary order.
            list(Album.objects.filter(pk__in=some).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        for number in {counts[album_id] for album_id in some}:
            alike = Album.objects.filter(pk__in=[album_id for album_id in some if counts[album_id] == number])
            alike.update(picture_count=F("picture_count") + number * step)


def recount_albums() -> None:
    """Set the `picture_count` of every album that has pictures to the number of those outside of the trash.

    The albums are locked before they are counted, so that uploads into them have either committed, and are counted,
    or wait, and add to the new count.
    """
    counted = Album.objects.filter(picture_count__gt=0)
    list(counted.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    live = AlbumPicture.objects.live().filter(album=OuterRef("pk")).order_by().values("album")
    counted.update(picture_count=Coalesce(Subquery(live.annotate(number=Count("pk")).values("number")), 0))
