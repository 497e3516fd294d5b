"""What users are told about albums, pictures and links: small, and nothing that any of the recipients may not see."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Q

from albumen.accounts.models import User
from albumen.events.services import NewEvent
from albumen.library import access
from albumen.library.models import Album, AlbumPicture, ExpiringLink, Picture

_SOME = 500


def of_picture(kind: str, picture: Picture, recipients: Collection[int] | None = None) -> NewEvent:
    """`kind` is what follows `picture.`; for its recipients, unless the recipients are known already."""
    told = access.recipients_of(picture) if recipients is None else recipients
    return NewEvent(f"picture.{kind}", {"id": picture.pk, "name": picture.name, "owner": picture.owner_id}, told)


def of_new_picture(picture: Picture, album: Album | None) -> list[NewEvent]:
    """A picture that has just come, into this album where one is given."""
    if album is None:
        return [of_picture("created", picture, [picture.owner_id])]
    content = of_content(album)
    return [of_picture("created", picture, {picture.owner_id, *content.recipients}), content]


def of_pictures(kind: str, picture_ids: Sequence[int]) -> list[NewEvent]:
    """One picture is named. Of more than one at once, everybody concerned is told to read their lists anew: a name for
    each would be a flood."""
    if len(picture_ids) == 1:
        return [of_picture(kind, Picture.objects.get(pk=picture_ids[0]))]
    told: set[int] = set()
    for start in range(0, len(picture_ids), _SOME):
        told |= access.recipients_of_pictures(Picture.objects.filter(pk__in=picture_ids[start : start + _SOME]))
    return [of_many(kind, told)] if told else []


def of_many(kind: str, recipients: Collection[int]) -> NewEvent:
    """So many pictures that lists have to be read anew."""
    return NewEvent(f"picture.{kind}", {"all": True}, recipients)


def of_album(kind: str, album: Album, recipients: Collection[int] | None = None) -> NewEvent:
    """`kind` is what follows `album.`; for its recipients, unless the recipients are known already."""
    shape = {
        "id": album.pk,
        "name": album.name,
        "owner": album.owner_id,
        "organization": album.organization_id,
        "visibility": album.visibility,
        "picture_count": album.picture_count,
    }
    return NewEvent(f"album.{kind}", shape, access.recipients_of_album(album) if recipients is None else recipients)


def of_content(album: Album) -> NewEvent:
    """Pictures came into an album, went out of it, or changed places."""
    return of_album("updated", Album.objects.get(pk=album.pk))


def of_link(kind: str, link: ExpiringLink) -> NewEvent:
    """`kind` is what follows `link.`; for the picture's owner alone."""
    shape: dict[str, Any] = {
        "id": link.pk,
        "picture": link.picture_id,
        "height": link.height,
        "expires_at": link.expires_at.isoformat().replace("+00:00", "Z"),
        "max_uses": link.max_uses,
        "uses": link.uses,
    }
    return NewEvent(f"link.{kind}", shape, [link.picture.owner_id])


def of_leaving(user: User) -> list[NewEvent]:
    """What others lose with a user who is about to be removed: albums of theirs that stand in others' lists, and
    pictures of theirs in others' albums.

    Everything that goes with the user is locked here, before anybody's log: pictures, albums, logs is the order."""
    list(Picture.objects.filter(owner=user).order_by("pk").select_for_update().values_list("pk"))
    touched = Q(owner=user) | Q(pk__in=AlbumPicture.objects.filter(picture__owner=user).values("album"))
    list(Album.objects.filter(touched).order_by("pk").select_for_update().values_list("pk"))
    told = [
        of_album("deleted", album, access.recipients_of_album(album) - {user.pk})
        for album in Album.objects.filter(owner=user).exclude(organization=None)
    ]
    elsewhere = Picture.objects.filter(owner=user, entries__album__in=Album.objects.exclude(owner=user))
    if others := access.recipients_of_pictures(elsewhere) - {user.pk}:
        told.append(of_many("deleted", others))
    return told
