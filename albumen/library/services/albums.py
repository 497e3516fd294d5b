"""Make, change and delete albums; `album_contents` has what is in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from albumen.accounts.models import User
from albumen.errors import Forbidden, Invalid
from albumen.events.services import publish
from albumen.library import access
from albumen.library.models import Album, AlbumPicture, Picture, Visibility, shown_to_organization
from albumen.library.services import album_contents, events
from albumen.library.services.locks import lock_album, lock_pictures, lock_rights_in
from albumen.library.services.names import require_name
from albumen.library.services.trash import trash_pictures
from albumen.organizations.access import lock_organizations
from albumen.sentences import Amount, Sentence


class AlbumChanges(TypedDict, total=False):
    """`owner`, `organization` and `cover` are ids; None is no organization, and the first picture as the cover."""

    name: str
    description: str
    owner: int
    organization: int | None
    visibility: str
    cover: int | None


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
    """Make an empty album that belongs to the actor. Raise `Forbidden` if the actor has as many as there may be."""
    _require_room(actor)
    if organization is not None:
        lock_organizations(Q(pk=organization))
    album = Album(
        owner=actor,
        name=require_name(name),
        description=description,
        visibility=visibility,
        created_at=now,
        updated_at=now,
    )
    _set_organization(actor, album, organization)
    album.save()
    publish(events.of_album("created", album), now=now)
    return album


@transaction.atomic
def change_album(*, actor: User, album_id: int, now: datetime, **changes: Unpack[AlbumChanges]) -> Album:
    """Change the album, and return it with its cover. `access` has who may change what.

    An album that is taken out of its organization becomes private, unless its owner takes it out, and it is public or
    the owner chooses its visibility in the same call.

    Whoever makes it leave its organization (takes it out, moves it to another one, makes it private), the pictures of
    everybody but its owner leave the album: they were put in for the members of that organization.

    An event goes to every user whose list of albums has it before or after the change: `album.created` where it is
    new there, `album.deleted`, with the fields from before, where it is gone, and `album.updated` where it stays.
    """
    if changes.get("owner") == actor.pk and not Album.objects.filter(pk=album_id, owner=actor).exists():
        _require_room(actor)
    lock_rights_in(album_id, changes.get("organization"))
    changes = _allowed_changes(actor, album_id, changes)
    cover = changes.get("cover")
    _lock_entries(album_id, changes)
    album = lock_album(album_id)
    before, organization_id = events.of_album("deleted", album), album.shown_to
    if "cover" in changes:
        if cover is not None and not album.entries.live().filter(picture_id=cover).exists():
            raise Invalid("not_in_album", "The cover must be a picture of the album.", pointer="/cover")
        album.chosen_cover_id = cover
    album.owner_id = changes.get("owner", album.owner_id)
    if {"organization", "visibility"} & changes.keys():
        _show(actor, album, changes)
        if album.has_left(organization_id):
            album_contents.remove_pictures_of_others(album)
    if "name" in changes:
        album.name = require_name(changes["name"])
    album.description = changes.get("description", album.description)
    album.updated_at = now
    album.save()
    saw, see = set(before.recipients), access.recipients_of_album(album)
    publish(
        replace(before, recipients=saw - see),
        events.of_album("created", album, see - saw),
        events.of_album("updated", album, see & saw),
        now=now,
    )
    return access.get_changed_album(album_id)


def _allowed_changes(actor: User, album_id: int, changes: AlbumChanges) -> AlbumChanges:
    """Return what there is to change. Raise `Forbidden` where the actor may not, and `Invalid` for an owner who is
    neither the present one nor the actor."""
    if changes.keys() == {"cover"}:
        access.get_album_to_edit_contents(actor, album_id)
        return changes
    taken: list[AlbumChanges] = [
        {"organization": None},
        {"owner": actor.pk},
        {"owner": actor.pk, "organization": None},
    ]
    get = access.get_album_to_remove if changes in taken else access.get_album_to_change
    album = get(actor, album_id)
    if "owner" not in changes:
        return changes
    if changes["owner"] == album.owner_id:
        kept = changes.copy()
        del kept["owner"]
        return kept
    if changes["owner"] != actor.pk:
        raise Invalid("owner_not_yourself", pointer="/owner")
    access.require_may_take_over(actor, album)
    return changes


def delete_album(*, actor: User, album_id: int, now: datetime, pictures: str = "keep") -> None:
    """Delete the album. With `pictures="delete"`, its pictures that belong to its owner go to the trash, for which the
    actor has to be the owner or an administrator; with `keep`, all pictures stay. Raise `Invalid` for any other
    value."""
    with transaction.atomic():
        lock_rights_in(album_id)
        album = access.get_album_to_remove(actor, album_id)
        if pictures not in ("keep", "delete"):
            raise Invalid("invalid_choice", "Say keep or delete.", pointer="/pictures")
        happened = [events.of_album("deleted", album)]
        if pictures == "delete":
            if not access.may_trash_pictures_of(actor, album):
                raise Forbidden("permission_denied", "The pictures are its owner's: delete the album alone.")
            own = Picture.objects.filter(entries__album=album, owner_id=album.owner_id)
            happened += events.of_pictures("deleted", trash_pictures(own, now=now))
        # Locked, so that no picture is appended while it is deleted.
        lock_album(album_id).delete()
        publish(*happened, now=now)


@transaction.atomic
def fill_named_album(
    *, actor: User, name: str, description: str, picture_ids: Sequence[int], other_than: Sequence[int], now: datetime
) -> int:
    """Append pictures to the actor's oldest album of this name that is shown to no organization, or to a new, private
    one, and return its id; `other_than` are ids of albums that it may not be."""
    known = access.albums_owned_alone_by(actor)
    same = known.filter(name=name).exclude(pk__in=other_than).order_by("pk").first()
    album = same or create_album(actor=actor, name=name, description=description, now=now)
    album_contents.append_own(actor=actor, album=album, picture_ids=picture_ids, now=now)
    return album.pk


def _require_room(actor: User) -> None:
    """Raise `Forbidden` if the actor has as many albums as an account may have. The actor's row is locked, so that
    many at once do not exceed the limit together."""
    User.objects.lock(actor.pk)
    if Album.objects.filter(owner=actor).count() >= settings.MAX_ALBUMS:
        detail = Sentence("An account has up to %(most)s albums.", most=Amount(settings.MAX_ALBUMS))
        raise Forbidden("too_many_albums", detail)


def _lock_entries(album_id: int, changes: AlbumChanges) -> None:
    """Lock the pictures that the changes count or take out, so that none moves to the trash at the same time."""
    touched = Q()
    if changes.get("cover") is not None:
        touched |= Q(picture=changes["cover"])
    if {"organization", "visibility"} & changes.keys():
        others = ~Q(picture__owner=changes.get("owner", F("album__owner")))
        touched |= shown_to_organization("album__") & others
    if touched:
        entries = AlbumPicture.objects.filter(touched, album=album_id)
        # All in one query, because they are locked in their order.
        list(lock_pictures(Picture.objects.filter(pk__in=entries.values("picture"))))


def _show(actor: User, album: Album, changes: AlbumChanges) -> None:
    """Set the album's visibility and organization as the changes ask."""
    was_private = album.visibility == Visibility.PRIVATE
    organization_id = changes.get("organization", album.organization_id)
    stays_public = album.visibility == Visibility.PUBLIC and album.owner_id == actor.pk
    if "visibility" in changes:
        album.visibility = changes["visibility"]
    elif organization_id is None and album.is_shown_to_organization and not stays_public:
        album.visibility = Visibility.PRIVATE
    _set_organization(actor, album, organization_id, was_private)


def _set_organization(actor: User, album: Album, organization_id: int | None, was_private: bool = False) -> None:
    """Set the album's organization, and check that the actor may show albums to it.

    That is checked when the organization changes, and again when the album stops being private: the actor may have
    left the organization in between.
    """
    begins = was_private and album.visibility != Visibility.PRIVATE
    if organization_id is not None and (begins or organization_id != album.organization_id):
        access.require_organization(actor, organization_id)
    album.organization_id = organization_id
    if album.visibility == Visibility.ORGANIZATION and organization_id is None:
        raise Invalid("organization_needed", pointer="/organization")
