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

# What a sweep has set aside keeps its name with this at the end.
ASIDE = ".swept"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a listing has it: its name, its size in bytes, and when it was placed, in seconds since 1970."""

    name: str
    size: int
    placed: float


class Storage(DjangoStorage, ABC):
    """Whole files under names. A name has all of its bytes or is not there, and what `place` has answered is durable.

    Of Django's own methods `open` (for reading), `size` and `delete` serve. What asks for a name that is not there
    gets `FileNotFoundError`, but `delete` does not mind. `Unavailable` when the place does not answer.
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
        """Remove temporary files and locks on this machine that are older, and return how many."""
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
        """Remove what broken uploads left in the store itself, where it keeps such things, and return how many."""
        return 0

    @abstractmethod
    def place(self, path: Path, name: str, *, size: int | None = None, durable: bool = True) -> None:
        """Move a temporary file to this name, over what may be there; `OutOfSpace` where there is no room.

        `size` is for a file that is named by its content, and is what it has to have, in bytes: a short one is
        refused, and a whole file with the same bytes stays. `durable=False` is for what can be made again.
        """

    @abstractmethod
    def holds(self, name: str) -> bool:
        """Return whether a file exists and is not empty, as a power cut can leave one that was not flushed."""

    def blocks(self, file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
        """These bytes of a file that `open` has given, in blocks."""
        file.seek(start)
        while length > 0 and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block

    @abstractmethod
    def local(self, name: str) -> AbstractContextManager[Path]:
        """A path on this machine's disk with the bytes of the file, while the context lasts."""

    @abstractmethod
    def listed(self, prefix: str) -> Iterator[Listed]:
        """Every file below this folder, in the order of the names."""

    @abstractmethod
    def sweep(self, item: Listed, *, before: datetime, kept: Callable[[], bool]) -> bool:
        """Remove the file unless it was placed since `before`, or `kept()`; whether it was removed.

        Nothing is lost when somebody places the same bytes meanwhile and needs them from then on. For that, names that
        end in `ASIDE` have to be given to it too, whatever their age.
        """
