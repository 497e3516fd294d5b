"""Files that no row names any more."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from albumen.accounts.models import User
from albumen.library import renditions
from albumen.library.models import Picture
from albumen.library.services.work import EXPORT_KEPT

GRACE = timedelta(days=1)


def sweep_files(*, now: datetime) -> int:
    """Remove files that no row names, once they are a day old; answers how many.

    A day is longer than any upload takes between its file and its row.
    """
    root = Path(renditions.storage().location)
    before = (now - GRACE).timestamp()
    count = 0
    for path in _older(root / "incoming", "*", before):
        path.unlink(missing_ok=True)
        count += 1
    for path in _older(root / "originals", "*/*", before):
        if not _named(path.name.removesuffix(".swept")):
            count += _sweep_original(path, before)
    for folder in _older(root / "thumbnails", "*/*", before):
        if not _named(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    for path in _older(root / "avatars", "*/*", before):
        if not User.objects.filter(avatar=path.name).exists():
            path.unlink(missing_ok=True)
            count += 1
    for path in _older(root / "exports", "*/*", (now - EXPORT_KEPT - timedelta(hours=1)).timestamp()):
        path.unlink(missing_ok=True)
        count += 1
    return count


def _older(folder: Path, pattern: str, before: float) -> Iterator[Path]:
    for path in folder.glob(pattern):
        try:
            if path.stat().st_mtime < before:
                yield path
        except FileNotFoundError:
            continue


def _named(sha256: str) -> bool:
    return Picture.objects.filter(sha256=sha256).exists()


def _sweep_original(path: Path, before: float) -> int:
    """An upload of the same bytes puts a new file over the old one and then commits its row, at any moment between
    these lines. So the file is set aside first; if it turns out to be new, or named by now, it goes back."""
    place = path.with_suffix("")
    aside = place.with_suffix(".swept")
    try:
        path.replace(aside)
        kept = aside.stat().st_mtime >= before or _named(place.name)
        if kept and not place.exists():
            aside.replace(place)
        else:
            aside.unlink()
    except FileNotFoundError:
        return 0  # Another sweep, by hand or by the hour, was first.
    return 0 if kept else 1
