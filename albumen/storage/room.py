"""Writing files completely, or raising `OutOfSpace` where the disk is full."""

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
    """Return whether a write failed because there is no room."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


@contextmanager
def room_needed() -> Iterator[None]:
    """Raise `OutOfSpace` if the block fails because there is no room: in write, flush, close, rename or mkdir."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise OutOfSpace from error
        raise


def write_all(file: IO[bytes], data: Any) -> None:
    """Write every byte. A single `write` of an unbuffered file may write a part and return only how many bytes."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def copy(source: IO[bytes], target: Path) -> int:
    """Copy the rest of an open file to a path where no file is. Return the number of bytes. Raise `OutOfSpace`."""
    size = 0
    with room_needed(), target.open("xb", buffering=0) as file:
        while block := source.read(BLOCK):
            write_all(file, block)
            size += len(block)
    return size


def require_whole(path: Path, size: int) -> None:
    """Raise `OutOfSpace` unless the file has `size` bytes: only a full disk makes it shorter."""
    if path.stat().st_size != size:
        raise OutOfSpace
