"""Upload and change pictures."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from albumen import imaging
from albumen.accounts.models import User
from albumen.errors import Forbidden, Invalid, NotFound, TooLarge
from albumen.events.services import publish
from albumen.idempotency.services.responses import atomic_with_response
from albumen.library import access, renditions
from albumen.library.models import Album, ExpiringLink, Picture
from albumen.library.services import album_contents, events, linked, links
from albumen.library.services.names import clean_name, require_name
from albumen.search import fold, sort_key
from albumen.uploads.temporary import Upload


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An upload whose bytes are in their place, and that no row names yet; `facts` were read from its header and
    pixels."""

    upload: Upload
    facts: imaging.Facts


def upload_picture(
    *,
    actor: User,
    owner: User,
    upload: Upload,
    now: datetime,
    name: str = "",
    description: str = "",
    album: int | None = None,
    expiring_time_seconds: int | None = None,
) -> tuple[Picture, ExpiringLink | None]:
    """Keep an uploaded picture for its owner, in the album with this id, and make an expiring link to its original
    when a time in seconds is given (C5).

    When this returns, the bytes were decoded whole and survive a power cut, and every link works. When it raises,
    there is no row; bytes that no row names are swept after a day.
    """
    into = None if album is None else access.get_album_from_body(actor, album)
    if expiring_time_seconds is not None:
        links.require_right(owner.plan, None, pointer="/expiring_time_seconds")
    stored = store_upload(owner=owner, upload=upload)
    with atomic_with_response():
        return create_picture(
            owner=owner,
            stored=stored,
            name=name,
            description=description,
            album=into,
            expiring_time_seconds=expiring_time_seconds,
            now=now,
        )


def store_upload(*, owner: User, upload: Upload) -> StoredUpload:
    """Check plan and quota, decode the upload, and put its thumbnails and itself into their places. This is the slow
    half of keeping a picture, outside of any transaction."""
    plan = owner.plan
    if upload.size > plan.max_upload_bytes:
        raise TooLarge(
            "too_large", f"Your plan takes files of up to {plan.max_upload_bytes:,} bytes.", pointer="/image"
        )
    if plan.quota_bytes is not None and owner.bytes_used + upload.size > plan.quota_bytes:
        raise _over_quota(plan.quota_bytes)
    try:
        return StoredUpload(upload, renditions.place_upload(upload, plan.thumbnail_heights))
    except imaging.Refused as refusal:
        raise Invalid(refusal.code, refusal.detail, pointer="/image") from None


def create_picture(
    *,
    owner: User,
    stored: StoredUpload,
    now: datetime,
    name: str = "",
    description: str = "",
    album: Album | None = None,
    expiring_time_seconds: int | None = None,
) -> tuple[Picture, ExpiringLink | None]:
    """Charge the quota, write the rows, and publish them: the quick half, inside of the caller's transaction."""
    upload, facts = stored.upload, stored.facts
    _charge(owner, upload.size)
    picture = Picture.objects.create(
        owner=owner,
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
        taken_at=_taken_at(facts.taken_at),
        created_at=now,
        updated_at=now,
    )
    if album is not None:
        album_contents.append(album=album, picture_ids=[picture.pk], now=now)
    happened = events.of_new_picture(picture, album)
    link = None
    if expiring_time_seconds is not None:
        link = links.make_link(picture=picture, expiring_time_seconds=expiring_time_seconds, now=now)
        happened.append(events.of_link("created", link))
    publish(*happened, now=now)
    return picture, link


def change_picture(
    *,
    actor: User,
    picture_id: int,
    now: datetime,
    image_url: str | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Picture:
    """Change the name, the description, and the URL of a linked picture, which is checked again. What is not given
    stays as it is, also where somebody else changes it meanwhile."""
    picture = access.get_editable_picture(actor, picture_id)
    if image_url is not None:
        linked.relink_picture(picture=picture, image_url=image_url, now=now)
    changes: dict[str, str | datetime] = {"updated_at": now}
    if name is not None:
        name = require_name(name)
        changes |= {"name": name, "search_key": fold(name), "name_key": sort_key(name)}
    if description is not None:
        changes["description"] = description
    with transaction.atomic():
        if not Picture.objects.filter(pk=picture_id).update(**changes):
            raise NotFound
        picture.refresh_from_db(fields=["name", "description", "updated_at"])
        publish(events.of_picture("updated", picture), now=now)
    return picture


def _charge(owner: User, size: int) -> None:
    """Count the bytes and the picture, in one conditional statement, so that any number of uploads at once stay within
    the quota; raise `Forbidden` where they do not fit."""
    quota = owner.plan.quota_bytes
    account = User.objects.filter(pk=owner.pk)
    if quota is not None:
        account = account.filter(bytes_used__lte=quota - size)
    if not account.update(bytes_used=F("bytes_used") + size, picture_count=F("picture_count") + 1):
        raise _over_quota(quota)


def _over_quota(quota: int | None) -> Forbidden:
    detail = f"Your plan keeps {quota or 0:,} bytes, the trash included. Purge something, or ask for a larger plan."
    return Forbidden("quota_exceeded", detail, pointer="/image")


def _taken_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    # Cameras without a time zone give local time; it is kept as if it were UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
