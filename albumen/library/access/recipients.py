"""Who is told what happens to an album or a picture: exactly the active users in whose lists it stands.

The other side of `albums_listed_for`: its rule, asked for everybody at once. Neither administrators nor whoever could
open a public album are told, because it stands in no list of theirs.
"""

from typing import Any

from django.db.models import Q, QuerySet

from albumen.accounts.models import User
from albumen.library.models import Album, Picture, Visibility
from albumen.organizations.models import Membership

_SHARED = Q(organization__isnull=False) & ~Q(visibility=Visibility.PRIVATE)


def recipients_of_album(album: Album) -> set[int]:
    """The album's owner, and the members of the organization that it is shown to."""
    return _recipients(Album.objects.filter(pk=album.pk))


def recipients_of(picture: Picture) -> set[int]:
    """The picture's owner, and whoever has an album in their list that it is in. Being in the trash does not count:
    who had it there before is told that it went, and that it came back."""
    return recipients_of_pictures(Picture.objects.filter(pk=picture.pk))


def recipients_of_pictures(pictures: QuerySet[Picture]) -> set[int]:
    """Everybody who is told about one of these."""
    pictures = pictures.order_by()
    return _recipients(Album.objects.filter(entries__picture__in=pictures), pictures)


def _recipients(albums: QuerySet[Album], pictures: QuerySet[Picture] | None = None) -> set[int]:
    albums = albums.order_by()
    active = User.objects.filter(is_active=True).order_by()
    members = Membership.objects.filter(user__is_active=True).order_by()
    told: list[QuerySet[Any, Any]] = [
        members.filter(organization__in=albums.filter(_SHARED).values("organization")).values_list("user_id"),
    ]
    if pictures is not None:
        told.append(active.filter(pk__in=pictures.values("owner")).values_list("pk"))
    # One statement for all of them.
    return {user_id for (user_id,) in active.filter(pk__in=albums.values("owner")).values_list("pk").union(*told)}
