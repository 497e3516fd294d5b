"""What is started here and done by a worker: imports, exports, and thumbnails after a plan has changed."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from albumen.accounts.models import User
from albumen.errors import LimitReached
from albumen.idempotency.services.answers import committing
from albumen.library.models import Album
from albumen.tasks.access import require_room
from albumen.tasks.models import Status, Task
from albumen.tasks.services import start

IMPORT_PICTURES = "import_pictures"
EXPORT_PICTURES = "export_pictures"
# An archive holds everything that its maker may see, so its address works for a day only.
EXPORT_KEPT = timedelta(hours=24)
# They lie beside the pictures and count on no quota.
ARCHIVES_KEPT = 10


def start_import(*, actor: User, urls: Sequence[str], now: datetime, album: Album | None = None) -> Task:
    """Copy the images behind these addresses into pictures of the actor's, in the background."""
    arguments = {"urls": list(urls), "album": album.pk if album else None}
    with committing():
        require_room(actor.pk)
        return start(kind=IMPORT_PICTURES, owner_id=actor.pk, arguments=arguments, total=len(urls), now=now)


def start_export(*, actor: User, now: datetime, album: Album | None = None) -> Task:
    """Pack an album, or all of the actor's own pictures, into a ZIP, in the background; `LimitReached` while as many
    of the actor's archives are kept as may be."""
    with committing():
        require_room(actor.pk)
        require_space(owner_id=actor.pk, now=now, open_ones=True)
        return start(
            kind=EXPORT_PICTURES, owner_id=actor.pk, arguments={"album": album.pk if album else None}, now=now
        )


def require_space(*, owner_id: int, now: datetime, open_ones: bool = False) -> None:
    """`LimitReached` while as many archives of the user's are kept as may be; with `open_ones`, those that are not
    packed yet count too."""
    exports = Task.objects.filter(owner_id=owner_id, kind=EXPORT_PICTURES)
    kept = exports.filter(status=Status.SUCCEEDED, finished_at__gt=now - EXPORT_KEPT)
    room = ARCHIVES_KEPT
    if open_ones:
        room -= exports.filter(status__in=(Status.QUEUED, Status.RUNNING)).count()
    ends = [cast(datetime, end) for end in kept.order_by("-finished_at").values_list("finished_at", flat=True)]
    if len(ends) < room:
        return
    detail = f"You have {ARCHIVES_KEPT} archives already, or on their way. Each is kept for a day: use one, or wait."
    wait = ends[room - 1] + EXPORT_KEPT - now if room > 0 and ends else timedelta(seconds=30)
    raise LimitReached(math.ceil(wait.total_seconds()), detail)
