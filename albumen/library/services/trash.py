"""The end of what lies in the trash."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from albumen.accounts.models import User
from albumen.events.services import Happening, publish
from albumen.library.models import Picture
from albumen.library.services import happenings

TRASH_KEPT = timedelta(days=30)


def purge_trash(*, now: datetime) -> int:
    """Remove what was in the trash for 30 days; answers how many pictures."""
    return purge_pictures(Picture.objects.filter(deleted_at__lte=now - TRASH_KEPT), now=now)


@transaction.atomic
def purge_pictures(pictures: QuerySet[Picture], *, now: datetime) -> int:
    """Remove rows in the trash for good, and give their bytes back to their owners, who alone are told; answers how
    many."""
    gone: dict[int, list[Happening]] = {}
    for picture in pictures.filter(deleted_at__isnull=False).select_for_update():
        gone.setdefault(picture.owner_id, []).append(happenings.of_picture("deleted", picture, [picture.owner_id]))
        picture.delete()
        User.objects.filter(pk=picture.owner_id).update(
            bytes_used=F("bytes_used") - picture.bytes, picture_count=F("picture_count") - 1
        )
    publish(
        *(told[0] if len(told) == 1 else happenings.of_many("deleted", [owner]) for owner, told in gone.items()),
        now=now,
    )
    return sum(len(told) for told in gone.values())
