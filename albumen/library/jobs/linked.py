"""Looking at linked pictures again, so that their owners learn what has gone."""

from datetime import timedelta
from typing import Any

from django.db.models import Q

from albumen.library.models import Picture, Source
from albumen.library.services.linked import recheck_picture
from albumen.tasks.services import Run

EVERY = timedelta(days=7)
AT_ONCE = 500  # An unreachable address costs up to 10 s.


def recheck_linked_pictures(run: Run) -> dict[str, Any]:
    """Check those that were not looked at for a week, the oldest first; answers how many, and how many differ now."""
    due = Q(link_checked_at=None) | Q(link_checked_at__lt=run.now() - EVERY)
    pictures = Picture.objects.filter(due, source=Source.LINK, deleted_at=None).order_by("link_checked_at", "pk")
    some = list(pictures[:AT_ONCE])
    changed = 0
    for number, picture in enumerate(some):
        changed += recheck_picture(picture=picture, now=run.now())
        run.report(number + 1, total=len(some))
    return {"checked": len(some), "changed": changed}
