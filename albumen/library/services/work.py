"""What is started here and done by a worker: imports, exports, and thumbnails after a plan has changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from albumen.accounts.models import User
from albumen.idempotency.services.answers import committing
from albumen.library.models import Album
from albumen.tasks.access import require_room
from albumen.tasks.models import Task
from albumen.tasks.services import start

IMPORT_PICTURES = "import_pictures"
EXPORT_PICTURES = "export_pictures"
# An archive holds everything that its maker may see, so its address works for a day only.
EXPORT_KEPT = timedelta(hours=24)


def start_import(*, actor: User, urls: Sequence[str], now: datetime, album: Album | None = None) -> Task:
    """Copy the images behind these addresses into pictures of the actor's, in the background."""
    require_room(actor.pk)
    arguments = {"urls": list(urls), "album": album.pk if album else None}
    with committing():
        return start(kind=IMPORT_PICTURES, owner_id=actor.pk, arguments=arguments, total=len(urls), now=now)


def start_export(*, actor: User, now: datetime, album: Album | None = None) -> Task:
    """Pack an album, or all of the actor's own pictures, into a ZIP, in the background."""
    require_room(actor.pk)
    with committing():
        return start(
            kind=EXPORT_PICTURES, owner_id=actor.pk, arguments={"album": album.pk if album else None}, now=now
        )
