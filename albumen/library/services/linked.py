"""Linked pictures (requirement D4): only the URL is kept; the bytes stay on their own server."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from albumen.accounts.models import User
from albumen.errors import Invalid, NotFound
from albumen.events.services import publish
from albumen.idempotency.services.responses import atomic_with_response
from albumen.library import access
from albumen.library.models import Picture, Source
from albumen.library.services import album_contents, events
from albumen.library.services.names import clean_name
from albumen.remote import RemoteImage, check_image
from albumen.uploads.client_filenames import name_in_url


def link_picture(
    *,
    actor: User,
    owner: User,
    image_url: str,
    now: datetime,
    name: str = "",
    description: str = "",
    album: int | None = None,
) -> Picture:
    """Make a linked picture for its owner, in the album with this id. Raise `Invalid` unless a HEAD and the first
    bytes show that the URL has an image."""
    if album is not None:
        access.get_album_from_body(actor, album)
    image = check_image(image_url)
    with atomic_with_response():
        return create_linked_picture(
            actor=actor, owner=owner, image=image, name=name, description=description, album=album, now=now
        )


def create_linked_picture(
    *,
    actor: User,
    owner: User,
    image: RemoteImage,
    now: datetime,
    name: str = "",
    description: str = "",
    album: int | None = None,
) -> Picture:
    """Count the picture, write its row, and publish it, in the caller's transaction. `image` is of `check_image`.
    Raise as `access.get_album_to_edit_contents` does unless the actor may still fill the album with this id."""
    if not User.objects.filter(pk=owner.pk).update(picture_count=F("picture_count") + 1):
        raise NotFound
    into = None if album is None else album_contents.lock_to_fill(actor=actor, album_id=album)
    picture = Picture.objects.create(
        owner=owner,
        name=clean_name(name) or clean_name(name_in_url(image.url)) or "picture",
        description=description,
        source=Source.LINK,
        image_url=image.url,
        format=image.format,
        sha256="",
        bytes=0,
        width=0,
        height=0,
        has_alpha=False,
        created_at=now,
        updated_at=now,
        link_checked_at=now,
    )
    if into is not None:
        album_contents.append(album=into, picture_ids=[picture.pk], now=now)
    publish(*events.of_new_picture(picture, into), now=now)
    return picture


def relink_picture(*, picture: Picture, image_url: str, now: datetime) -> None:
    """Change the URL of a linked picture, once it was checked as in `link_picture`. The caller has asked `access`."""
    if picture.source != Source.LINK:
        raise Invalid("not_linked", pointer="/image_url")
    found = check_image(image_url)
    changes = {
        "image_url": found.url,
        "format": found.format,
        "updated_at": now,
        "link_checked_at": now,
        "link_problem": "",
    }
    with transaction.atomic():
        if not Picture.objects.filter(pk=picture.pk).update(**changes):
            raise NotFound
        picture.refresh_from_db(fields=list(changes))
        publish(events.of_picture("updated", picture), now=now)


def recheck_picture(*, picture: Picture, now: datetime) -> bool:
    """Check a linked picture's URL again, store what is wrong with it, and return whether that has changed. The
    picture is kept in any case: an image that is unreachable today may be reachable tomorrow."""
    try:
        problem, form = "", check_image(picture.image_url or "").format
    except Invalid as refusal:
        problem, form = refusal.code, picture.format
    changed = problem != picture.link_problem
    with transaction.atomic():
        # Matches no row if the picture has got another URL since the check began: this result is not about that one.
        same = Picture.objects.filter(pk=picture.pk, image_url=picture.image_url)
        if same.update(link_checked_at=now, link_problem=problem, format=form) and changed:
            publish(events.of_picture("updated", picture), now=now)
    return changed
