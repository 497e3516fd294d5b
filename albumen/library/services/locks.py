"""Row locks on the organizations of albums, pictures and albums.

A transaction that locks rows of several kinds locks users first, then organizations, then pictures, then albums, and
each kind in the order of its ids, so that no two transactions deadlock. SQLite runs one writing transaction at a time.
"""

from django.db.models import Q, QuerySet

from albumen.errors import NotFound
from albumen.library.models import Album, Picture
from albumen.organizations.access import lock_organizations


def lock_rights_in(album_id: int, *organization_ids: int | None) -> None:
    """Keep the memberships in the organization that the album names, and in these, as they are until the transaction
    ends. A writer who asks `access` after this cannot lose the right before the write is committed, and whoever loses
    it afterwards gets no event of the write."""
    named = Album.objects.filter(pk=album_id).values("organization")
    lock_organizations(Q(pk__in=named) | Q(pk__in=[one for one in organization_ids if one is not None]))


def lock_pictures(pictures: QuerySet[Picture]) -> QuerySet[Picture, int]:
    """Return a query for the ids of these pictures, which locks their rows until the transaction ends."""
    locked = pictures.order_by("pk").select_for_update(of=("self",), no_key=True)
    return locked.values_list("pk", flat=True)


def lock_album(album_id: int) -> Album:
    """Return the album as it is now, locked until the transaction ends; raise `NotFound` when it was deleted."""
    album = Album.objects.select_for_update().filter(pk=album_id).first()
    if album is None:
        raise NotFound
    return album
