"""Give back the room of pictures that were deleted for good."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from albumen.library.models import Picture
from albumen.library.renditions import original_name, renditions_folder
from albumen.storage import Listed, storage
from albumen.tasks.models import TaskKind
from albumen.tasks.services import start_task
from albumen.viewers import Viewer, require_administrator

# An upload stores its file, and commits the row that names it within so long.
FRESH = timedelta(minutes=1)


def is_named(sha256: str) -> bool:
    """Return whether a picture has this original."""
    return Picture.objects.filter(sha256=sha256).exists()


def free_files(hashes: Iterable[str], *, now: datetime) -> None:
    """Remove the files of these originals that no picture has, and their thumbnails.

    One that was stored within the last minute stays, because an upload of the same bytes may be about to name it; a
    sweep in a minute looks again. Call it after the transaction that has deleted the rows.
    """
    stays = False
    for sha256 in hashes:
        if is_named(sha256):
            continue
        original = Listed(original_name(sha256), 0, 0)
        if not storage().sweep(original, before=now - FRESH, kept=partial(is_named, sha256)):
            stays = True
            continue
        for item in list(storage().listed(renditions_folder(sha256))):
            storage().delete(item.name)
    if stays:
        sweep_soon(now=now)


def sweep_soon(*, now: datetime) -> None:
    """Start a task that removes in a minute what no row names by then."""
    arguments, due = {"at_once": True}, now + FRESH + timedelta(seconds=1)
    start_task(kind=TaskKind.SWEEP_FILES, owner_id=None, arguments=arguments, now=now, not_before=due)


def request_sweep(*, actor: Viewer, now: datetime) -> None:
    """Start a task that removes what no row names at this moment. For administrators."""
    require_administrator(actor)
    start_task(kind=TaskKind.SWEEP_FILES, owner_id=None, arguments={"at_once": True}, now=now)
