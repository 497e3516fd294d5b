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
from albumen.library.models import ExpiringLink, Picture
from albumen.library.services import album_contents, events, linked, links
from albumen.library.services.names import clean_name, require_name
from albumen.search import fold, sort_key
from albumen.sentences import Amount, Sentence
from albumen.uploads.temporary import Upload


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An upload that was decoded, and whose bytes are in the storage under their sha256, before there is a row of
    `Picture` for it. `facts` is what the decoder found: format, size in px, date, camera."""

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
    """Store an uploaded picture for its owner, in the album with this id, and return it; with
    `expiring_time_seconds`, also make and return an expiring link to its original.

    When this returns, all of the bytes were decoded and survive a power cut, and every URL of the picture works. When
    it raises, there is no row; files without a row are swept after half an hour.
    """
    if album is not None:
        access.get_album_from_body(actor, album)
    if expiring_time_seconds is not None:
        links.require_link_allowed(owner.plan, None, pointer="/expiring_time_seconds")
    stored = store_upload(owner=owner, upload=upload)
    with atomic_with_response():
        picture = create_picture(
            actor=actor, owner=owner, stored=stored, name=name, description=description, album=album, now=now
        )
        if expiring_time_seconds is None:
            return picture, None
        link = links.make_link(picture=picture, expiring_time_seconds=expiring_time_seconds, now=now)
        publish(events.of_link("created", link), now=now)
        return picture, link


def store_upload(*, owner: User, upload: Upload) -> StoredUpload:
    """Check plan and quota, decode the upload, and store its thumbnails and the file itself. This takes seconds, so it
    runs outside of any transaction; `create_picture` then writes the rows."""
    plan = owner.plan
    if upload.size > plan.max_upload_bytes:
        detail = Sentence("Your plan takes files of up to %(most)s bytes.", most=Amount(plan.max_upload_bytes))
        raise TooLarge("too_large", detail, pointer="/image")
    if plan.quota_bytes is not None and owner.bytes_used + upload.size > plan.quota_bytes:
        raise _over_quota(plan.quota_bytes)
    try:
        return StoredUpload(upload, renditions.place_upload(upload, plan.thumbnail_heights))
    except imaging.Refused as refusal:
        raise Invalid(refusal.code, refusal.detail, pointer="/image") from None


def create_picture(
    *,
    actor: User,
    owner: User,
    stored: StoredUpload,
    now: datetime,
    name: str = "",
    description: str = "",
    album: int | None = None,
) -> Picture:
    """Charge the quota, write the picture's rows, and publish them, in the caller's transaction. Raise as
    `access.get_album_to_edit_contents` does unless the actor may still fill the album with this id."""
    upload, facts = stored.upload, stored.facts
    _charge(owner, upload.size)
    into = None if album is None else album_contents.lock_to_fill(actor=actor, album_id=album)
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
    if into is not None:
        album_contents.append(album=into, picture_ids=[picture.pk], now=now)
    publish(*events.of_new_picture(picture, into), now=now)
    return picture


def change_picture(
    *,
    actor: User,
    picture_id: int,
    now: datetime,
    image_url: str | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Picture:
    """Change the name and the description of a picture, and the URL of a linked one, which is checked again. None
    leaves a field as it is: it is not written, so a concurrent change of it is kept."""
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
    """Add a picture of this size in bytes to what its owner uses; raise `Forbidden` if that exceeds the plan's quota.

    One conditional UPDATE checks and counts, so that concurrent uploads cannot exceed the quota together.
    """
    quota = owner.plan.quota_bytes
    account = User.objects.filter(pk=owner.pk)
    if quota is not None:
        account = account.filter(bytes_used__lte=quota - size)
    if not account.update(bytes_used=F("bytes_used") + size, picture_count=F("picture_count") + 1):
        raise _over_quota(quota)


def _over_quota(quota: int | None) -> Forbidden:
    detail = Sentence(
        "Your plan keeps %(quota)s bytes, the trash included. Purge something, or ask for a larger plan.",
        quota=Amount(quota or 0),
    )
    return Forbidden("quota_exceeded", detail, pointer="/image")


def _taken_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    # Cameras without a time zone give local time; it is kept as if it were UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
