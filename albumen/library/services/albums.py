"""Albums: make, change, delete, and what is in them in which order. Their counts stay right however many write.

Whoever locks rows of several kinds locks users first, then pictures, then albums, and of each kind in the order of
their ids, so that no two writers wait for each other. SQLite lets one write at a time anyway.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from albumen.accounts.models import User
from albumen.errors import Invalid, NotFound
from albumen.events.services import publish
from albumen.idempotency.services.answers import atomic_with_response
from albumen.library import access
from albumen.library.models import Album, AlbumPicture, Picture, Visibility
from albumen.library.services import events
from albumen.library.services.names import require_name

# Pictures are appended this far apart, so that one can be moved between two others many times.
GAP = 1 << 20


@transaction.atomic
def create_album(
    *,
    actor: User,
    name: str,
    now: datetime,
    description: str = "",
    organization: int | None = None,
    visibility: str = Visibility.PRIVATE,
) -> Album:
    """A new, empty album of the actor's."""
    album = Album(
        owner=actor,
        name=require_name(name),
        description=description,
        visibility=visibility,
        created_at=now,
        updated_at=now,
    )
    _hang(actor, album, organization)
    album.save()
    publish(events.of_album("created", album), now=now)
    return album


@transaction.atomic
def change_album(*, actor: User, album: Album, now: datetime, **changes: Any) -> Album:
    """Change name, description, organization, visibility, and `cover` (a picture's id, or None for the first one).

    Only the owner changes more than the cover; the view has asked `access` for that. Who begins to see the album is
    told of a new one; who does not see it any more, that it is gone, as it was.
    """
    if changes.get("cover") is not None:
        list(locked_pictures(Picture.objects.filter(pk=changes["cover"])))
    album = _locked(album)
    before = events.of_album("deleted", album)
    if "cover" in changes:
        cover = changes.pop("cover")
        if cover is not None and not album.entries.filter(picture_id=cover, picture__deleted_at=None).exists():
            raise Invalid("not_in_album", "The cover must be a picture of the album.", pointer="/cover")
        album.chosen_cover_id = cover
    if {"organization", "visibility"} & set(changes):
        hidden = album.visibility == Visibility.PRIVATE
        album.visibility = changes.pop("visibility", album.visibility)
        _hang(actor, album, changes.pop("organization", album.organization_id), was_hidden=hidden)
    if "name" in changes:
        changes["name"] = require_name(changes["name"])
    for field, value in changes.items():
        setattr(album, field, value)
    album.updated_at = now
    album.save()
    saw, see = set(before.recipients), access.recipients_of_album(album)
    publish(
        replace(before, recipients=saw - see),
        events.of_album("created", album, see - saw),
        events.of_album("updated", album, see & saw),
        now=now,
    )
    return album


@transaction.atomic
def delete_album(*, album: Album, now: datetime, with_pictures: bool = False) -> None:
    """Remove the album. Its pictures stay, or those of the album's owner go to the trash."""
    told = [events.of_album("deleted", album)]
    if with_pictures:
        own = Picture.objects.filter(entries__album=album, owner_id=album.owner_id, deleted_at=None)
        told += events.of_pictures("deleted", trash_pictures(own, now=now))
    # Locked, so that nobody appends to what is about to go.
    _locked(album).delete()
    publish(*told, now=now)


def add_pictures(*, actor: User, album: Album, picture_ids: Sequence[int], now: datetime) -> int:
    """Append pictures that the actor has; those that are in it already stay where they are. Answers how many came."""
    wanted = list(dict.fromkeys(picture_ids))
    with atomic_with_response():
        # Locked, so that none goes to the trash before it is counted.
        known = set(locked_pictures(Picture.objects.filter(pk__in=wanted, owner_id=actor.pk, deleted_at=None)))
        if missing := [str(picture_id) for picture_id in wanted if picture_id not in known]:
            detail = f"These are no pictures of yours: {', '.join(missing[:10])}."
            raise Invalid("unknown_picture", detail, pointer="/pictures")
        count = append(album=album, picture_ids=wanted, now=now)
        publish(events.of_content(album), now=now)
    return count


def append(*, album: Album, picture_ids: Sequence[int], now: datetime) -> int:
    """Put pictures at the album's end, and count them; answers how many were not in it before. Its callers publish."""
    # The lock gives appends an order; without it two at once would take the same place and the same count.
    _locked(album)
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
    """Append those of these pictures that the actor still has, in this order, and tell of it; inside a transaction."""
    wanted, count = list(dict.fromkeys(picture_ids)), 0
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        known = set(locked_pictures(Picture.objects.filter(pk__in=some, owner_id=actor.pk, deleted_at=None)))
        count += append(album=album, picture_ids=[one for one in some if one in known], now=now)
    if count:
        publish(events.of_content(album), now=now)


@transaction.atomic
def fill_named_album(
    *, actor: User, name: str, description: str, picture_ids: Sequence[int], other_than: Sequence[int], now: datetime
) -> int:
    """Append pictures to the actor's oldest album of this name, or to a new, private one, and return its id;
    `other_than` are ids of albums that it may not be."""
    same = Album.objects.filter(owner=actor, name=name).exclude(pk__in=other_than).order_by("pk").first()
    album = same or create_album(actor=actor, name=name, description=description, now=now)
    append_own(actor=actor, album=album, picture_ids=picture_ids, now=now)
    return album.pk


@transaction.atomic
def remove_picture(*, album: Album, picture_id: int, now: datetime) -> None:
    """Take a picture out of the album; the picture stays. `NotFound` when it is not in it."""
    # Locked, so that it does not go to the trash meanwhile and is counted out twice.
    live = list(locked_pictures(Picture.objects.filter(pk=picture_id, deleted_at=None)))
    _locked(album)
    removed, _ = album.entries.filter(picture__in=live).delete()
    if not removed:
        raise NotFound
    Album.objects.filter(pk=album.pk).update(picture_count=F("picture_count") - 1, updated_at=now)
    Album.objects.filter(pk=album.pk, chosen_cover_id=picture_id).update(chosen_cover=None)
    publish(events.of_content(album), now=now)


@transaction.atomic
def move_picture(*, album: Album, picture_id: int, before: int | None, now: datetime) -> None:
    """Move a picture to the place before another one of the album, or to its end with None."""
    _locked(album)
    entry = album.entries.filter(picture_id=picture_id, picture__deleted_at=None).first()
    if entry is None:
        raise NotFound
    if before == picture_id:
        return
    others = album.entries.exclude(pk=entry.pk)
    if before is None:
        entry.position = (others.aggregate(last=Max("position"))["last"] or 0) + GAP
    else:
        entry.position = _place_before(others, before)
    entry.save(update_fields=["position"])
    Album.objects.filter(pk=album.pk).update(updated_at=now)
    publish(events.of_content(album), now=now)


def _place_before(others: QuerySet[AlbumPicture], before: int) -> int:
    target = others.filter(picture_id=before, picture__deleted_at=None).first()
    if target is None:
        raise Invalid("not_in_album", "Name a picture of this album, or null for its end.", pointer="/before")
    previous = others.filter(position__lt=target.position).aggregate(last=Max("position"))["last"]
    floor = target.position - 2 * GAP if previous is None else previous
    if target.position - floor >= 2:
        return (floor + target.position) // 2
    # The gap is used up: everything is spread anew, and then there is room.
    rows = list(others.order_by("position", "picture_id"))
    for number, row in enumerate(rows, start=1):
        row.position = GAP * number
    AlbumPicture.objects.bulk_update(rows, ["position"], batch_size=500)
    return next(row.position for row in rows if row.picture_id == before) - GAP // 2


def trash_pictures(pictures: QuerySet[Picture], *, now: datetime, together: int | None = None) -> list[int]:
    """Move pictures to the trash, and out of the counts of their albums; answers their ids. Inside a transaction, and
    its callers publish."""
    ids = list(locked_pictures(pictures.filter(deleted_at=None)))
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        Picture.objects.filter(pk__in=some).update(deleted_at=now, deleted_with=together)
        _count(some, -1)
    return ids


def untrash_pictures(pictures: QuerySet[Picture]) -> list[int]:
    """The way back, alike."""
    ids = list(locked_pictures(pictures.filter(deleted_at__isnull=False)))
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        Picture.objects.filter(pk__in=some).update(deleted_at=None, deleted_with=None)
        _count(some, +1)
    return ids


def locked_pictures(pictures: QuerySet[Picture]) -> QuerySet[Picture, int]:
    """The ids of these pictures, which nobody else changes until the transaction ends."""
    locked = pictures.order_by("pk").select_for_update(of=("self",), no_key=True)
    return locked.values_list("pk", flat=True)


def _count(picture_ids: Sequence[int], step: int) -> None:
    tally: dict[int, int] = {}
    for album_id in AlbumPicture.objects.filter(picture__in=picture_ids).values_list("album_id", flat=True):
        tally[album_id] = tally.get(album_id, 0) + step
    # In the order of their ids, so that two writers never wait for each other in a circle.
    for album_id in sorted(tally):
        Album.objects.filter(pk=album_id).update(picture_count=F("picture_count") + tally[album_id])


def recount_albums() -> None:
    """Count anew what is in albums. Those that count something are locked first: an upload that was under way has
    committed then, and is counted."""
    counted = Album.objects.filter(picture_count__gt=0)
    list(counted.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    live = AlbumPicture.objects.filter(album=OuterRef("pk")).live().order_by().values("album")
    counted.update(picture_count=Coalesce(Subquery(live.annotate(number=Count("pk")).values("number")), 0))


def _locked(album: Album) -> Album:
    """The album as it is now, for this transaction alone; `NotFound` once it was deleted."""
    found = Album.objects.select_for_update().filter(pk=album.pk).first()
    if found is None:
        raise NotFound
    return found


def _hang(actor: User, album: Album, organization_id: int | None, *, was_hidden: bool = False) -> None:
    """Name the album's organization. The right to is also asked for when its members begin to see the album: its owner
    may have left it since."""
    begins = was_hidden and album.visibility != Visibility.PRIVATE
    if organization_id is not None and (begins or organization_id != album.organization_id):
        access.require_organization(actor, organization_id)
    album.organization_id = organization_id
    if album.visibility == Visibility.ORGANIZATION and organization_id is None:
        detail = "An album that an organization sees needs one: name it in `organization`."
        raise Invalid("organization_needed", detail, pointer="/organization")
