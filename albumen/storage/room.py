"""Writes that end with all of their bytes or with a refusal, and a disk without room as the refusal that it is."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from albumen.errors import OutOfSpace

BLOCK = 256 * 1024
# No space, over the user's quota, over the largest file that this process or file system may write.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: BaseException) -> bool:
    """Return whether the system refused a write for want of room."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


@contextmanager
def room_needed() -> Iterator[None]:
    """Raise `OutOfSpace` where the block fails for want of room: on write, flush, close, fsync, rename or mkdir."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise OutOfSpace from error
        raise


def write_all(file: IO[bytes], data: Any) -> None:
    """Write every byte. An unbuffered file takes what fits on a disk that fills up, and says so in its count alone."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def copy(source: IO[bytes], target: Path) -> int:
    """Write all that is left of an open file to a fresh path, and return the number of bytes; `OutOfSpace`."""
    size = 0
    with room_needed(), target.open("xb", buffering=0) as file:
        while block := source.read(BLOCK):
            write_all(file, block)
            size += len(block)
    return size


def require_whole(path: Path, size: int) -> None:
    """Raise `OutOfSpace` unless the file has `size` bytes: whatever is short was cut by a disk without room."""
    if path.stat().st_size != size:
        raise OutOfSpace
