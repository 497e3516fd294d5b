"""The interface of file storage, which disk and S3 implement."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import Storage as DjangoStorage

from albumen.storage.room import BLOCK, room_needed

# The end of the name of a file that a sweep has set aside.
ASIDE = ".swept"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a listing has it: its name, its size in bytes, and when it was placed, in seconds since 1970."""

    name: str
    size: int
    placed: float


class Storage(DjangoStorage, ABC):
    """Complete files under names. A file exists with all of its bytes or not at all, and is durable once `place` has
    returned.

    Of Django's methods, use `open` (for reading), `size` and `delete`. Methods raise `FileNotFoundError` for a name
    that does not exist, except `delete`, and `Unavailable` if the storage does not respond.
    """

    @property
    def incoming(self) -> Path:
        """The folder of temporary files and locks, on this machine's disk."""
        return Path(settings.MEDIA_ROOT, "incoming")

    def temp_path(self) -> Path:
        """Return a fresh path on this machine's disk for bytes that are to be placed; no file is there yet."""
        folder = self.incoming
        with room_needed():
            folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid.uuid4().hex

    def delete_old_temporary_files(self, before: datetime) -> int:
        """Remove the temporary files and locks of this machine that are older than `before`. Return how many."""
        count = 0
        for path in self.incoming.glob("*"):
            try:
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    count += 1
            except FileNotFoundError:
                continue
        return count

    def forget_parts(self, before: datetime) -> int:
        """Remove the parts of uploads to the storage that were begun before `before` and not completed. Return how
        many."""
        return 0

    @abstractmethod
    def place(self, path: Path, name: str, *, size: int | None = None, durable: bool = True) -> None:
        """Move a temporary file to this name, and replace a file there. Raise `OutOfSpace` if there is no room.

        Pass `size`, the bytes that the file must have, if the name is made of its content: a shorter file raises
        `OutOfSpace`, and one that is there with the same bytes is kept. `durable=False` is for files that can be made
        again.
        """

    def holds(self, name: str) -> bool:
        """Return whether a file exists and is not empty, as a power cut can leave one that was not flushed."""
        try:
            return self.size(name) > 0
        except FileNotFoundError:
            return False

    def blocks(self, file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start` of a file that `open` has returned, in blocks."""
        file.seek(start)
        while length > 0 and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block

    @abstractmethod
    def local(self, name: str) -> AbstractContextManager[Path]:
        """Return a context with a path on this machine's disk that has the bytes of the file until it ends."""

    @abstractmethod
    def listed(self, prefix: str) -> Iterator[Listed]:
        """Yield every file below this folder, in the order of the names."""

    @abstractmethod
    def sweep(self, item: Listed, *, before: datetime, kept: Callable[[], bool]) -> bool:
        """Remove the file unless it was placed since `before` or `kept()` is true. Return whether it was removed.

        A file that is placed again with the same bytes meanwhile is not lost. For that, call this also for each name
        that ends in `ASIDE`, whatever its age.
        """
