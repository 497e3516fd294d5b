"""The directories of a TIFF file, one for each page (TIFF 6.0, section 2; BigTIFF, which has 64-bit offsets)."""

import io
import mmap
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed

_PIXELS = {273: 279, 324: 325}  # offsets of strips or tiles, and the tag that gives their lengths
_KINDS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_DIRECTORIES = 10_000
_VALUES = 4096
_SUB_DIRECTORIES = 64


class Tag(IntEnum):
    """The tags that say how a page is to be read."""

    NEW_SUBFILE_TYPE = 254
    SUBFILE_TYPE = 255
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    ORIENTATION = 274
    SAMPLES = 277
    PLANAR = 284
    PREDICTOR = 317
    TILE_WIDTH = 322
    SUB_IFDS = 330
    INK_SET = 332
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339
    JPEG_THUMBNAIL = 513
    YCBCR_SUBSAMPLING = 530
    DNG_VERSION = 50706


@dataclass(frozen=True, slots=True)
class Directory:
    """The tags of a page, at most 4,096 integers each, and the directories that it points at.

    `at` is where it starts in the file.
    """

    at: int
    tags: dict[int, tuple[int, ...]]
    children: tuple["Directory", ...] = ()

    def first(self, tag: int, default: int = 0) -> int:
        """Return the tag's first value, or the default where the directory lacks it."""
        return (self.tags.get(tag) or (default,))[0]

    @property
    def is_smaller_copy(self) -> bool:
        """Return whether the page is a reduced version of another page in the file."""
        return bool(self.first(Tag.NEW_SUBFILE_TYPE) & 1) or self.first(Tag.SUBFILE_TYPE) == 2


def read_directories(data: Bytes) -> list[Directory]:
    """Return the directories of the file's chain, its pages, each with its SubIFDs.

    Raise Malformed where one lies outside of the file.
    """
    layout = _Layout(data)
    try:
        chain = [(at, layout.tags(at, set(Tag), _VALUES)) for at in layout.chain()]
        return [Directory(at, tags, tuple(_sub_directories(layout, tags))) for at, tags in chain]
    except (struct.error, OverflowError) as error:
        raise Malformed from error


def strips(data: Bytes, at: int) -> list[tuple[int, int]]:
    """Return the offsets where each strip or tile of a page starts and ends; `at` is the offset of its directory."""
    directory = _Layout(data).tags(at, {*_PIXELS, *_PIXELS.values()})
    return [
        (start, start + length)
        for offsets, lengths in _PIXELS.items()
        for start, length in zip(directory.get(offsets, ()), directory.get(lengths, ()), strict=False)
    ]


def is_complete(data: Bytes) -> bool:
    """Return whether every strip and tile of every page lies within the file; a TIFF has no mark of its end."""
    return all(end <= len(data) for at in _Layout(data).chain() for _, end in strips(data, at))


def isolate(data: mmap.mmap, at: int) -> None:
    """Make one page the only one: overwrite two offsets in the data. `at` is the offset of the page's directory."""
    _Layout(data).isolate(at)


def join_pages(files: Sequence[bytes]) -> bytes:
    """Return one TIFF with the pages of many, all of the same byte order."""
    from PIL.TiffImagePlugin import AppendingTiffWriter

    joined = io.BytesIO()
    with AppendingTiffWriter(joined) as writer:
        for file in files:
            writer.write(file)
            writer.newFrame()
    return joined.getvalue()


def _sub_directories(layout: "_Layout", tags: dict[int, tuple[int, ...]]) -> Iterator[Directory]:
    for at in tags.get(Tag.SUB_IFDS, ())[:_SUB_DIRECTORIES]:
        if at:
            yield Directory(at, layout.tags(at, set(Tag), _VALUES))


class _Layout:
    """The layout of numbers and directories in a file: its byte order, and the widths of TIFF or BigTIFF."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._order = "<" if data[:2] == b"II" else ">"
        self._number, self._count, self._entry, self._first = "I", "H", 12, 4
        if 43 in data[2:4]:
            self._number, self._count, self._entry, self._first = "Q", "Q", 20, 8

    def chain(self) -> Iterator[int]:
        """Yield where each directory of the chain starts."""
        seen: set[int] = set()
        at = self._read(self._number, self._first)
        while at and at not in seen and len(seen) < _DIRECTORIES:
            seen.add(at)
            yield at
            entries = self._read(self._count, at)
            at = self._read(self._number, at + struct.calcsize(self._count) + entries * self._entry)

    def isolate(self, at: int) -> None:
        """Write `at` as the offset of the first directory, and zero as the offset of the one behind it."""
        entries = self._read(self._count, at)
        behind = at + struct.calcsize("=" + self._count) + entries * self._entry
        struct.pack_into(self._order + self._number, self._data, self._first, at)
        struct.pack_into(self._order + self._number, self._data, behind, 0)

    def tags(self, at: int, wanted: set[int], most: int | None = None) -> dict[int, tuple[int, ...]]:
        """Return the integers of each wanted tag, at most `most` of them, in the directory at an offset."""
        entries = min(self._read(self._count, at), 65_536)
        start = at + struct.calcsize(self._count)
        found: dict[int, tuple[int, ...]] = {}
        for place in range(start, start + entries * self._entry, self._entry):
            tag, kind, count = struct.unpack_from(f"{self._order}HH{self._number}", self._data, place)
            if tag in wanted and kind in _KINDS:
                found.setdefault(tag, self._values(place + self._entry, _KINDS[kind], count, most))
        return found

    def _values(self, end_of_entry: int, kind: str, count: int, most: int | None) -> tuple[int, ...]:
        room = struct.calcsize("=" + self._number)
        place = end_of_entry - room
        if count * struct.calcsize("=" + kind) > room:
            place = self._read(self._number, place)
            count = count if most is None else min(count, most)
            if place + count * struct.calcsize("=" + kind) > len(self._data):
                raise Malformed
        return struct.unpack_from(f"{self._order}{count}{kind}", self._data, place)

    def _read(self, kind: str, at: int) -> int:
        number: int = struct.unpack_from(self._order + kind, self._data, at)[0]
        return number
