"""The boxes that HEIF files are built of (ISO/IEC 14496-12, section 4.2), and the numbers within them."""

from collections.abc import Iterator
from dataclasses import dataclass

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where it begins, where its payload starts, and where it ends."""

    kind: bytes
    at: int
    start: int
    end: int


def boxes(data: Bytes, at: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets. Raise Malformed when one passes the end."""
    while at < end:
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < header or at + size > end:
            raise Malformed
        yield Box(data[at + 4 : at + 8], at, at + header, at + size)
        at += size


def find(data: Bytes, at: int, end: int, kind: bytes) -> Box:
    """Return the first box of that type between two offsets. Raise Malformed where there is none."""
    for box in boxes(data, at, end):
        if box.kind == kind:
            return box
    raise Malformed


def keep_header(data: bytes, clean: bytearray, box: Box, kind: bytes) -> None:
    """Copy the header of a box into `clean`, at the same offset, as one of that type."""
    clean[box.at : box.start] = data[box.at : box.start]
    clean[box.at + 4 : box.at + 8] = kind


class Reader:
    """Takes big-endian numbers one after the other. Raises Malformed past the end."""

    def __init__(self, data: Bytes, at: int, end: int) -> None:
        self.at = at
        self._data, self._end = data, end

    def take(self, size: int) -> int:
        """Return the next number of `size` bytes."""
        if self.at + size > self._end:
            raise Malformed
        number = int.from_bytes(self._data[self.at : self.at + size], "big")
        self.at += size
        return number

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        self.at += size
