"""Upload, rename, delete, restore, purge."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from albumen import imaging
from albumen.accounts.models import User
from albumen.errors import Forbidden, Invalid, NotFound, TooLarge
from albumen.events.services import publish
from albumen.idempotency.services.answers import atomic_with_response
from albumen.library import access, renditions
from albumen.library.models import Album, ExpiringLink, Picture
from albumen.library.services import albums, events, links
from albumen.library.services.names import clean_name, require_name
from albumen.library.services.trash import purge_pictures
from albumen.search import fold, sort_key
from albumen.uploads.temporary import Upload


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An upload whose bytes are in their place, and that no row names yet; `facts` are what its header and pixels
    told."""

    upload: Upload
    facts: imaging.Facts


def upload_picture(
    *,
    actor: User,
    upload: Upload,
    now: datetime,
    name: str = "",
    description: str = "",
    album: Album | None = None,
    expiring_time_seconds: int | None = None,
) -> tuple[Picture, ExpiringLink | None]:
    """Keep an uploaded picture, and give an expiring link to its original when a time in seconds is named (C5).

    When this returns, the bytes were decoded whole and survive a power cut, and every link works. When it raises,
    there is no row; bytes that no row names are swept after a day.
    """
    if expiring_time_seconds is not None:
        links.require_right(actor.plan, None, pointer="/expiring_time_seconds")
    taken = take_in(actor=actor, upload=upload)
    with atomic_with_response():
        return create_picture(
            actor=actor,
            taken=taken,
            name=name,
            description=description,
            album=album,
            expiring_time_seconds=expiring_time_seconds,
            now=now,
        )


def take_in(*, actor: User, upload: Upload) -> StoredUpload:
    """The slow half of keeping a picture, outside of any transaction: right, quota, thumbnails, the bytes."""
    plan = actor.plan
    if upload.size > plan.max_upload_bytes:
        raise TooLarge(
            "too_large", f"Your plan takes files of up to {plan.max_upload_bytes:,} bytes.", pointer="/image"
        )
    if plan.quota_bytes is not None and actor.bytes_used + upload.size > plan.quota_bytes:
        raise _over_quota(plan.quota_bytes)
    try:
        return StoredUpload(upload, renditions.take_in(upload, plan.thumbnail_heights))
    except imaging.Refused as refusal:
        raise Invalid(refusal.code, refusal.detail, pointer="/image") from None


def create_picture(
    *,
    actor: User,
    taken: StoredUpload,
    now: datetime,
    name: str = "",
    description: str = "",
    album: Album | None = None,
    expiring_time_seconds: int | None = None,
) -> tuple[Picture, ExpiringLink | None]:
    """The quick half, inside of the caller's transaction: charge the quota, write the rows, and tell of them."""
    upload, facts = taken.upload, taken.facts
    _charge(actor, upload.size)
    picture = Picture.objects.create(
        owner=actor,
        name=clean_name(name) or clean_name(upload.name or "") or "picture",
        description=description,
        sha256=upload.sha256,
        bytes=upload.size,
        format=facts.format,
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        has_alpha=facts.has_alpha,
        camera=facts.camera or "",
        placeholder=facts.placeholder or "",
        taken_at=_moment(facts.taken_at),
        created_at=now,
        updated_at=now,
    )
    if album is not None:
        albums.append(album=album, picture_ids=[picture.pk], now=now)
    told = events.of_new_picture(picture, album)
    link = None
    if expiring_time_seconds is not None:
        link = links.make_link(picture=picture, expiring_time_seconds=expiring_time_seconds, now=now)
        told.append(events.of_link("created", link))
    publish(*told, now=now)
    return picture, link


@transaction.atomic
def rename_picture(
    *, picture: Picture, now: datetime, name: str | None = None, description: str | None = None
) -> Picture:
    """Change the name, the description, or both; what is not named stays, whoever changes it meanwhile."""
    changes: dict[str, Any] = {"updated_at": now}
    if name is not None:
        changes["name"] = require_name(name)
    if description is not None:
        changes["description"] = description
    if "name" in changes:
        changes |= {"search_key": fold(changes["name"]), "name_key": sort_key(changes["name"])}
    if not Picture.objects.filter(pk=picture.pk).update(**changes):
        raise NotFound
    picture.refresh_from_db(fields=["name", "description", "updated_at"])
    publish(events.of_picture("updated", picture), now=now)
    return picture


@transaction.atomic
def delete_picture(*, picture: Picture, now: datetime) -> None:
    """Move it to the trash: every link to it ends at once, and nothing is lost."""
    if albums.trash_pictures(Picture.objects.filter(pk=picture.pk), now=now):
        publish(events.of_picture("deleted", picture), now=now)


@transaction.atomic
def restore_picture(*, picture: Picture, now: datetime) -> Picture:
    """Take it out of the trash, with its links, back into its albums."""
    restored = albums.untrash_pictures(Picture.objects.filter(pk=picture.pk))
    if not Picture.objects.filter(pk=picture.pk).exists():
        raise NotFound
    picture.deleted_at = None
    if restored:
        publish(events.of_picture("restored", picture), now=now)
    return picture


@transaction.atomic
def delete_every_picture(*, now: datetime) -> int:
    """Move every picture in the system to the trash (requirement D7), in one statement; answers how many."""
    together = int(now.timestamp() * 1_000_000)
    live = Picture.objects.filter(deleted_at=None)
    if connection.features.has_select_for_update:
        # The statement itself would take them in any order; and what comes out of the trash meanwhile, too.
        deque(albums.locked_pictures(Picture.objects.all()).iterator(), maxlen=0)
    count = live.update(deleted_at=now, deleted_with=together)
    albums.recount_albums()
    if count:
        gone = Picture.objects.filter(deleted_with=together)
        publish(events.of_many("deleted", access.recipients_of_pictures(gone)), now=now)
    return count


@transaction.atomic
def restore_pictures(pictures: QuerySet[Picture], *, now: datetime) -> int:
    """Take all of these out of the trash; answers how many."""
    restored = albums.untrash_pictures(pictures)
    publish(*events.of_pictures("restored", restored), now=now)
    return len(restored)


def purge_picture(*, picture: Picture, now: datetime) -> None:
    """Remove one picture in the trash for good."""
    purge_pictures(Picture.objects.filter(pk=picture.pk), now=now)


def _charge(owner: User, size: int) -> None:
    """One conditional statement, so that any number of uploads at once stay within the quota."""
    quota = owner.plan.quota_bytes
    account = User.objects.filter(pk=owner.pk)
    if quota is not None:
        account = account.filter(bytes_used__lte=quota - size)
    if not account.update(bytes_used=F("bytes_used") + size, picture_count=F("picture_count") + 1):
        raise _over_quota(quota)


def _over_quota(quota: int | None) -> Forbidden:
    detail = f"Your plan keeps {quota or 0:,} bytes, the trash included. Purge something, or ask for a larger plan."
    return Forbidden("quota_exceeded", detail, pointer="/image")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    # Cameras without a time zone tell local time; it is kept as if it were UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
