"""What becomes of albums when somebody loses the right to edit in an organization, or the whole account."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from albumen.accounts.models import User
from albumen.events.services import NewEvent
from albumen.library import access
from albumen.library.models import Album, AlbumPicture, Picture, owned_alone, shown_to_organization
from albumen.library.services import events
from albumen.library.services.freeing import sweep_soon
from albumen.organizations.access import first_owner_of


def part_private_albums(*, user_id: int, organization_ids: Collection[int], **_signal: object) -> None:
    """Clear the organization of the user's private albums that name one of these: who may not show it anything any
    more does not name it either. What is shown there stays, because it is the organization's."""
    named = Album.objects.filter(owned_alone(), owner=user_id, organization__in=organization_ids)
    ids = list(named.order_by("pk").select_for_update().values_list("pk", flat=True))
    Album.objects.filter(pk__in=ids).update(organization=None)


def of_leaving(user: User, **_signal: object) -> list[NewEvent]:
    """Hand the user's albums of organizations over to their owners. Return the events for other users about what the
    deletion of this user takes from them: `album.deleted` for albums that it deletes from their lists, and
    `picture.deleted` for the user's pictures in their albums.

    Called before the user is deleted. It also locks the pictures and albums that are deleted or changed with the
    user: the order of all locks is pictures, albums, and then the logs that `publish` locks.
    """
    if list(Picture.objects.filter(owner=user).order_by("pk").select_for_update().values_list("pk")):
        # Their files go once the rows are gone.
        transaction.on_commit(lambda: sweep_soon(now=timezone.now()), robust=True)
    touched = Q(owner=user) | Q(pk__in=AlbumPicture.objects.filter(picture__owner=user).values("album"))
    list(Album.objects.filter(touched).order_by("pk").select_for_update().values_list("pk"))
    happened = []
    for album in Album.objects.filter(shown_to_organization(), owner=user).select_related("organization"):
        heir = None if album.organization is None else first_owner_of(album.organization.pk, other_than=user.pk)
        if heir is not None:
            album.owner_id = heir
            album.save(update_fields=["owner"])
            # The user's own pictures are about to go.
            album.picture_count = album.entries.live().exclude(picture__owner=user).count()
        kind = "deleted" if heir is None else "updated"
        happened.append(events.of_album(kind, album, access.recipients_of_album(album) - {user.pk}))
    elsewhere = Picture.objects.filter(owner=user, entries__album__in=Album.objects.exclude(owner=user))
    if others := access.recipients_of_pictures(elsewhere) - {user.pk}:
        happened.append(events.of_many("deleted", others))
    return happened
