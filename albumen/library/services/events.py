"""Make the events about albums, pictures and links. An event has only fields that all of its recipients may see."""

from collections.abc import Collection, Sequence

from albumen.events.services import NewEvent
from albumen.library import access
from albumen.library.models import Album, ExpiringLink, Picture

_BATCH = 500


def of_picture(kind: str, picture: Picture, recipients: Collection[int] | None = None) -> NewEvent:
    """Return `picture.<kind>`, for the picture's recipients unless others are given."""
    if recipients is None:
        recipients = access.recipients_of_pictures(Picture.objects.filter(pk=picture.pk))
    return NewEvent(f"picture.{kind}", {"id": picture.pk, "name": picture.name, "owner": picture.owner_id}, recipients)


def of_new_picture(picture: Picture, album: Album | None) -> list[NewEvent]:
    """Return the events of a picture that was just made, in this album where one is given."""
    if album is None:
        return [of_picture("created", picture, [picture.owner_id])]
    content = of_changed_contents(album)
    return [of_picture("created", picture, {picture.owner_id, *content.recipients}), content]


def of_pictures(kind: str, picture_ids: Sequence[int]) -> list[NewEvent]:
    """Return `picture.<kind>` with the picture's fields if there is one id; with several, one `of_many` event, because
    clients could not handle hundreds at once. Return nothing if there is no id."""
    if len(picture_ids) == 1:
        return [of_picture(kind, Picture.objects.get(pk=picture_ids[0]))]
    recipients: set[int] = set()
    for start in range(0, len(picture_ids), _BATCH):
        some = Picture.objects.filter(pk__in=picture_ids[start : start + _BATCH])
        recipients |= access.recipients_of_pictures(some)
    return [of_many(kind, recipients)] if recipients else []


def of_many(kind: str, recipients: Collection[int]) -> NewEvent:
    """Return `picture.<kind>` about many pictures, with `{"all": true}` instead of fields: clients then read their
    lists again."""
    return NewEvent(f"picture.{kind}", {"all": True}, recipients)


def of_album(kind: str, album: Album, recipients: Collection[int] | None = None) -> NewEvent:
    """Return `album.<kind>`, for the album's recipients unless others are given."""
    shape = {
        "id": album.pk,
        "name": album.name,
        "owner": album.owner_id,
        "organization": album.organization_id,
        "visibility": album.visibility,
        "picture_count": album.picture_count,
    }
    return NewEvent(f"album.{kind}", shape, access.recipients_of_album(album) if recipients is None else recipients)


def of_changed_contents(album: Album) -> NewEvent:
    """Return `album.updated` for an album whose pictures were added, removed or moved: with its new count."""
    return of_album("updated", Album.objects.get(pk=album.pk))


def of_link(kind: str, link: ExpiringLink) -> NewEvent:
    """Return `link.<kind>`, for the picture's owner alone."""
    shape = {
        "id": link.pk,
        "picture": link.picture_id,
        "height": link.height,
        "expires_at": link.expires_at.isoformat().replace("+00:00", "Z"),
        "max_uses": link.max_uses,
        "uses": link.uses,
    }
    return NewEvent(f"link.{kind}", shape, [link.picture.owner_id])
