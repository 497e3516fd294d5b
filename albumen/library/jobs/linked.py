"""Check the URLs of linked pictures again, so that their owners learn which do not work any more."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from albumen.library.models import Picture, Source
from albumen.library.services.linked import recheck_picture
from albumen.tasks.services import TaskContext

EVERY = timedelta(days=7)
AT_ONCE = 500  # An unreachable address costs up to 10 s.


def recheck_linked_pictures(run: TaskContext) -> dict[str, Any]:
    """Check those whose last check is a week ago, the oldest first; return how many were `checked`, and how many of
    them `changed` between working and not."""
    checked, changed = run.task.checkpoint.get("checked", 0), run.task.checkpoint.get("changed", 0)
    due = Q(link_checked_at=None) | Q(link_checked_at__lt=timezone.now() - EVERY)
    pictures = Picture.objects.live().filter(due, source=Source.LINK).order_by("link_checked_at", "pk")
    some = list(pictures[: AT_ONCE - checked])
    total = checked + len(some)
    for picture in some:
        run.give_way()
        changed += recheck_picture(picture=picture, now=timezone.now())
        checked += 1
        with run.step(done=checked, total=total, checkpoint={"checked": checked, "changed": changed}):
            pass
    return {"checked": checked, "changed": changed}
