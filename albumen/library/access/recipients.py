"""The recipients of events about an album or a picture: exactly the active users in whose lists it is.

This is the rule of `albums_listed_for`, for all users at once. Administrators, and users who could open a public
album, receive nothing, because it is in no list of theirs.
"""

from django.db.models import QuerySet

from albumen.accounts.models import User
from albumen.library.models import Album, Picture, owned_alone, shown_to_organization
from albumen.organizations.models import Membership


def recipients_of_album(album: Album) -> set[int]:
    """Return the ids of the members of the album's organization, or of its owner where it is the owner's alone."""
    return _recipients(Album.objects.filter(pk=album.pk))


def recipients_of_pictures(pictures: QuerySet[Picture]) -> set[int]:
    """Return the ids of the owners of these pictures, and of the recipients of every album that one of them is in. A
    picture in the trash counts as well: its recipients learn that it went, and that it came back."""
    pictures = pictures.order_by()
    return _recipients(Album.objects.filter(entries__picture__in=pictures), pictures)


def _recipients(albums: QuerySet[Album], pictures: QuerySet[Picture] | None = None) -> set[int]:
    albums = albums.order_by()
    active = User.objects.filter(is_active=True).order_by()
    members = Membership.objects.filter(user__is_active=True).order_by()
    shared = albums.filter(shown_to_organization())
    owners = active.filter(pk__in=albums.filter(owned_alone()).values("owner")).values_list("pk")
    others: list[QuerySet[User, tuple[int]] | QuerySet[Membership, tuple[int]]] = [
        members.filter(organization__in=shared.values("organization")).values_list("user_id")
    ]
    if pictures is not None:
        others.append(active.filter(pk__in=pictures.values("owner")).values_list("pk"))
    # One statement for all of them.
    return {user_id for (user_id,) in owners.union(*others)}
