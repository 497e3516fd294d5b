"""Durable files: written aside, flushed, renamed into place, and their folders flushed."""

import os
import uuid
from functools import cache
from pathlib import Path

from django.core.files.storage import FileSystemStorage


class DiskStorage(FileSystemStorage):
    """Local disk below MEDIA_ROOT. What `place` has answered survives a power cut."""

    def draft(self) -> Path:
        """A fresh path on the same file system for bytes that are not yet in place; nothing is made there."""
        folder = Path(self.path("incoming"))
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex

    def place(self, draft: Path, name: str, *, durable: bool = True) -> None:
        """Move a draft to its name, over what may be there. `durable=False` is for what can be made again."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        if durable:
            flush(draft)
        draft.replace(target)
        if durable:
            # The folder's own entry may be as new as the file's.
            flush(target.parent)
            flush(target.parent.parent)
            _flush_above(target.parent.parent)

    def holds(self, name: str) -> bool:
        """Whether a file is there with bytes in it: a power cut may leave an empty one of what was not durable."""
        try:
            return Path(self.path(name)).stat().st_size > 0
        except FileNotFoundError:
            return False


def flush(path: Path) -> None:
    """Wait until the file's bytes, or the folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _flush_above(folder: Path) -> None:
    """The entries of a folder and of the one around it, once in a process: they are made once in a lifetime."""
    flush(folder.parent)
    flush(folder.parent.parent)
