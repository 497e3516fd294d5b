"""The end of what lies in the trash."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from albumen.accounts.models import User
from albumen.library.models import Picture

TRASH_KEPT = timedelta(days=30)


def purge_trash(*, now: datetime) -> int:
    """Remove what was in the trash for 30 days; answers how many pictures."""
    return purge_pictures(Picture.objects.filter(deleted_at__lte=now - TRASH_KEPT))


@transaction.atomic
def purge_pictures(pictures: QuerySet[Picture]) -> int:
    """Remove rows in the trash for good, and give their bytes back to their owners; answers how many."""
    count = 0
    for picture in pictures.filter(deleted_at__isnull=False).select_for_update():
        picture.delete()
        User.objects.filter(pk=picture.owner_id).update(
            bytes_used=F("bytes_used") - picture.bytes, picture_count=F("picture_count") - 1
        )
        count += 1
    return count
