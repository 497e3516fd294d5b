"""Make thumbnails of pictures that were uploaded before their plan had these heights, ahead of the first request."""

import time
from typing import Any

from django.db.models import QuerySet

from albumen.errors import NotFound, Unavailable
from albumen.library import renditions
from albumen.library.models import Picture, Source
from albumen.tasks.services import TaskContext

CHUNK = 20


def make_thumbnails(run: TaskContext) -> dict[str, Any]:
    """Make the thumbnails that are missing, for the pictures of one `user` or of all users of one `plan`, and return
    how many pictures were looked at."""
    wanted = _wanted(run.task.arguments)
    run.report(run.task.checkpoint.get("done", 0), total=wanted.count())
    done, last = run.task.checkpoint.get("done", 0), run.task.checkpoint.get("last", 0)
    while some := list(wanted.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        for picture in some:
            _make(picture)
            done += 1
            run.report(done)
        last = some[-1].pk
        with run.step(done=done, checkpoint={"last": last, "done": done}):
            pass
        run.give_way()
    return {"pictures": done}


def _wanted(arguments: dict[str, Any]) -> QuerySet[Picture]:
    pictures = Picture.objects.live().filter(source=Source.UPLOAD).select_related("owner__plan")
    if "plan" in arguments:
        return pictures.filter(owner__plan=arguments["plan"])
    return pictures.filter(owner=arguments["user"])


def _make(picture: Picture) -> None:
    for height in picture.owner.plan.thumbnail_heights:
        try:
            renditions.get_thumbnail(picture, height, webp=True)
        except NotFound:
            return
        except Unavailable:
            # Requests come first; what is not made now is made at its first request.
            time.sleep(1)
