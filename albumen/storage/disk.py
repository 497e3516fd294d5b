"""Files on this machine's disk: a temporary file is flushed and renamed, and then its folder is flushed."""

import filecmp
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path

from django.core.files.storage import FileSystemStorage

from albumen.storage.interface import ASIDE, Listed, Storage
from albumen.storage.room import require_whole, room_needed


class DiskStorage(Storage, FileSystemStorage):
    """Local disk below MEDIA_ROOT. Once `place` has returned, the file survives a power cut."""

    def place(self, path: Path, name: str, *, size: int | None = None, durable: bool = True) -> None:
        with room_needed():
            self._place(path, Path(self.path(name)), size, durable=durable)

    def _place(self, path: Path, target: Path, size: int | None, *, durable: bool) -> None:
        if size is not None:
            require_whole(path, size)
        stays = size is not None and _has_same_bytes(target, path)
        if durable:
            flush(target if stays else path)
        if stays:
            path.unlink()
        else:
            _rename(path, target)
        if durable:
            # The folder's own entry may be as new as the file's.
            flush(target.parent)
            flush(target.parent.parent)
            _flush_above(target.parent.parent)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        yield Path(self.path(name))

    def delete(self, name: str) -> None:
        """Remove the file, and its folder if that is empty then."""
        super().delete(name)
        with suppress(OSError):
            Path(self.path(name)).parent.rmdir()

    def listed(self, prefix: str) -> Iterator[Listed]:
        yield from _walk(self.path(prefix), prefix)

    def sweep(self, item: Listed, *, before: datetime, kept: Callable[[], bool]) -> bool:
        # An upload of the same bytes puts a new file over the old one and then commits its row, at any moment between
        # these lines. So the file is set aside first; if it turns out to be new, or kept by now, it goes back.
        place = Path(self.path(item.name.removesuffix(ASIDE)))
        aside = place.with_name(place.name + ASIDE)
        try:
            Path(self.path(item.name)).replace(aside)
            stays = aside.stat().st_mtime >= before.timestamp() or kept()
            if stays and not place.exists():
                aside.replace(place)
            else:
                aside.unlink()
        except FileNotFoundError:
            return False  # Another sweep, by hand or by the hour, was first.
        return not stays


def flush(path: Path) -> None:
    """Wait until the file's bytes, or the folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename(path: Path, target: Path) -> None:
    try:
        path.replace(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _has_same_bytes(target: Path, path: Path) -> bool:
    """Return whether the target has the same bytes as the file. If so, make it new, so that no sweep removes it."""
    try:
        if not filecmp.cmp(path, target, shallow=False):
            return False
        with target.open("rb") as file:
            os.utime(file.fileno())
            # A sweep that had set it aside by now may have seen its age before.
            return os.path.samestat(os.fstat(file.fileno()), target.stat())
    except FileNotFoundError:
        return False


def _walk(folder: str, name: str) -> Iterator[Listed]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        inner = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _walk(entry.path, inner)
            continue
        with suppress(FileNotFoundError):
            status = entry.stat()
            yield Listed(inner, status.st_size, status.st_mtime)


@cache
def _flush_above(folder: Path) -> None:
    """Flush the entries of the two folders above, once in a process: these folders are made once in a lifetime."""
    flush(folder.parent)
    flush(folder.parent.parent)
