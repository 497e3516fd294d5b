"""One action on many pictures: each is changed or refused by itself, under the rules of the call for one picture."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from albumen.accounts.models import User
from albumen.errors import DomainError, Invalid, NotFound
from albumen.events.services import publish
from albumen.library import access
from albumen.library.models import Picture
from albumen.library.services import album_contents, events, trash
from albumen.library.services.locks import lock_pictures, lock_rights_in


class Action(StrEnum):
    """What can be done to many pictures."""

    TRASH = "trash"
    RESTORE = "restore"
    ADD_TO_ALBUM = "add_to_album"
    REMOVE_FROM_ALBUM = "remove_from_album"

    @property
    def needs_album(self) -> bool:
        """Return whether the action is about an album."""
        return self in (Action.ADD_TO_ALBUM, Action.REMOVE_FROM_ALBUM)


def change_pictures(
    *, actor: User, action: Action, picture_ids: Sequence[int], now: datetime, album_id: int = 0
) -> Mapping[int, DomainError]:
    """Do this to all of the pictures that the actor may do it to, in one transaction, and return the error about each
    of the others.

    No id may be repeated. Pictures are added to the album in the given order. Raise `Invalid` or `Forbidden` if the
    actor may not add pictures to this album; whoever may not change it may still take out their own.
    """
    match action:
        case Action.TRASH:
            return _trash(actor, picture_ids, now)
        case Action.RESTORE:
            return _restore(actor, picture_ids, now)
        case Action.ADD_TO_ALBUM:
            return _add(actor, album_id, picture_ids, now)
        case Action.REMOVE_FROM_ALBUM:
            return album_contents.remove_pictures(actor=actor, album_id=album_id, picture_ids=picture_ids, now=now)


@transaction.atomic
def _trash(actor: User, picture_ids: Sequence[int], now: datetime) -> Mapping[int, DomainError]:
    trashed = trash.trash_pictures(access.editable_pictures(actor).filter(pk__in=picture_ids), now=now)
    refusals = access.refusals_to_edit(actor, set(picture_ids).difference(trashed))
    publish(*events.of_pictures("deleted", trashed), now=now)
    return refusals


@transaction.atomic
def _restore(actor: User, picture_ids: Sequence[int], now: datetime) -> Mapping[int, DomainError]:
    restored = trash.untrash_pictures(access.restorable_pictures(actor).filter(pk__in=picture_ids))
    publish(*events.of_pictures("restored", restored), now=now)
    return {picture_id: NotFound() for picture_id in set(picture_ids).difference(restored)}


@transaction.atomic
def _add(actor: User, album_id: int, picture_ids: Sequence[int], now: datetime) -> Mapping[int, DomainError]:
    lock_rights_in(album_id)
    album = access.get_album_from_body(actor, album_id)
    # Locked, so that no picture is moved to the trash before it is counted.
    own = set(lock_pictures(Picture.objects.live().filter(pk__in=picture_ids, owner_id=actor.pk)))
    if own:
        try:
            album_contents.append(album=album, picture_ids=[one for one in picture_ids if one in own], now=now)
        except NotFound:
            raise Invalid("unknown_album", pointer="/album") from None
        publish(events.of_changed_contents(album), now=now)
    return {picture_id: Invalid("unknown_picture") for picture_id in picture_ids if picture_id not in own}
