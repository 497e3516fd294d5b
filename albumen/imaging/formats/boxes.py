"""The boxes that HEIF files are built of (ISO/IEC 14496-12, section 4.2), and the numbers within them."""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed

Range = tuple[int, int]
"""Where bytes start and end in the file."""

# Boxes that hold boxes, and how many bytes of their own stand before those.
_FOLDERS = {
    **dict.fromkeys((b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"iprp", b"ipco"), 0),
    **dict.fromkeys((b"dref", b"stsd"), 8),
    b"av01": 78,
}
# Of these the first bytes alone are needed: a name stands behind a handler's type, an address in a data reference.
_STARTS = {b"hdlr": 12, b"url ": 4, b"urn ": 4, b"idat": 0}
# Two dates stand behind version and flags, of 8 bytes each in version 1, else of 4 (ISO/IEC 14496-12, section 8.2.2).
_DATED = {b"mvhd", b"tkhd", b"mdhd"}
# The compressor's name in a sample entry (section 12.1.3), which its maker chose.
_NAME = slice(42, 74)
# User description, creation and modification time, and whatever a vendor invents.
_PRIVATE_PROPERTIES = {b"udes", b"crtt", b"mdft", b"uuid", b"free"}


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
    """Copy the header of a box, its size and type, into `clean` at the same offset; `kind` is the type there."""
    clean[box.at : box.start] = data[box.at : box.start]
    clean[box.at + 4 : box.at + 8] = kind


def copy_needed(data: bytes, clean: bytearray, box: Box, whole: Container[bytes], parent: bytes = b"") -> None:
    """Copy what a decoder needs of a box into `clean`, which has zeros at the same offsets.

    Boxes of the types in `whole` are copied as they are, as are properties of items that tell nothing of a person. Of
    those that are not known the size stays, with the type `free`: properties are numbered by their order.
    """
    start, end = box.start, box.end
    keep_header(data, clean, box, box.kind)
    if box.kind in whole or (parent == b"ipco" and box.kind not in _PRIVATE_PROPERTIES):
        clean[start:end] = data[start:end]
    elif box.kind in _DATED:
        clean[start:end] = data[start:end]
        clean[start + 4 : start + 4 + (16 if data[start] == 1 else 8)] = bytes(16 if data[start] == 1 else 8)
    elif box.kind in _STARTS:
        end = min(end, start + _STARTS[box.kind])
        clean[start:end] = data[start:end]
    elif box.kind in _FOLDERS:
        inner = start + _FOLDERS[box.kind]
        if inner > end:
            raise Malformed
        clean[start:inner] = data[start:inner]
        if box.kind == b"av01":
            clean[start + _NAME.start : start + _NAME.stop] = bytes(_NAME.stop - _NAME.start)
        for child in boxes(data, inner, end):
            copy_needed(data, clean, child, whole, box.kind)
    else:
        keep_header(data, clean, box, b"free")


class Reader:
    """A reader of big-endian numbers, one after the other. Raise Malformed past the end."""

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
        """Skip `size` bytes."""
        self.at += size
