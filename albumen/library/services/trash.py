"""The end of what lies in the trash."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from albumen.accounts.models import User
from albumen.events.services import publish
from albumen.library.models import Album, Picture
from albumen.library.services import events

TRASH_KEPT = timedelta(days=30)


def purge_trash(*, now: datetime) -> int:
    """Remove what was in the trash for 30 days; answers how many pictures."""
    return purge_pictures(Picture.objects.filter(deleted_at__lte=now - TRASH_KEPT), now=now)


def purge_pictures(pictures: QuerySet[Picture], *, now: datetime) -> int:
    """Remove rows in the trash for good, and give their bytes back to their owners, who alone are told; answers how
    many. What one owner loses is one transaction."""
    trashed = pictures.filter(deleted_at__isnull=False)
    owners = trashed.order_by("owner").values_list("owner", flat=True).distinct()
    return sum(_purge(trashed, owner_id, now) for owner_id in list(owners))


@transaction.atomic
def _purge(trashed: QuerySet[Picture], owner_id: int, now: datetime) -> int:
    owner = User.objects.filter(pk=owner_id)
    # Users, pictures, albums: in this order, as everywhere.
    list(owner.select_for_update(no_key=True).values_list("pk"))
    size = 0
    rows = list(trashed.filter(owner=owner_id).order_by("pk").select_for_update())
    list(Album.objects.filter(chosen_cover__in=rows).order_by("pk").select_for_update().values_list("pk"))
    told = [events.of_picture("deleted", picture, [owner_id]) for picture in rows]
    for picture in rows:
        picture.delete()
        size += picture.bytes
    owner.update(bytes_used=F("bytes_used") - size, picture_count=F("picture_count") - len(rows))
    if rows:
        publish(*(told if len(told) == 1 else [events.of_many("deleted", [owner_id])]), now=now)
    return len(rows)
