"""The directories of a TIFF file (TIFF 6.0, section 2; BigTIFF): it has no end mark, but says where its pixels lie."""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed

NEW_SUBFILE_TYPE, SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
ORIENTATION, SAMPLES, PLANAR, PREDICTOR, TILE_WIDTH, SUB_IFDS, INK_SET = 274, 277, 284, 317, 322, 330, 332
EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_THUMBNAIL, YCBCR_SUBSAMPLING, DNG_VERSION = 338, 339, 513, 530, 50706

# What says how a page is to be read.
_DECISIVE = {
    *(NEW_SUBFILE_TYPE, SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION, SAMPLES, PLANAR),
    *(
        PREDICTOR,
        TILE_WIDTH,
        SUB_IFDS,
        INK_SET,
        EXTRA_SAMPLES,
        SAMPLE_FORMAT,
        JPEG_THUMBNAIL,
        YCBCR_SUBSAMPLING,
        DNG_VERSION,
    ),
}
_PIXELS = {273: 279, 324: 325}  # offsets of strips or tiles, and the tag that gives their lengths
_KINDS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_DIRECTORIES = 10_000
_VALUES = 4096
_SUB_DIRECTORIES = 64


@dataclass(frozen=True, slots=True)
class Directory:
    """What one directory says of its page, at most 4,096 integers a tag, and the directories that it points at."""

    tags: dict[int, tuple[int, ...]]
    children: tuple["Directory", ...] = ()

    def first(self, tag: int, default: int = 0) -> int:
        """Return the tag's first value, or the default where the directory lacks it."""
        return (self.tags.get(tag) or (default,))[0]

    @property
    def is_smaller_copy(self) -> bool:
        """Whether the page is a reduced version of another page in the file."""
        return bool(self.first(NEW_SUBFILE_TYPE) & 1) or self.first(SUBFILE_TYPE) == 2


def read_directories(data: Bytes) -> list[Directory]:
    """Return the directories of the file's chain, its pages, each with its SubIFDs.

    Raise Malformed where one lies outside of the file.
    """
    layout = _Layout(data)
    try:
        return [
            Directory(tags, tuple(_sub_directories(layout, tags)))
            for tags in (layout.tags(at, _DECISIVE, _VALUES) for at in layout.chain())
        ]
    except (struct.error, OverflowError) as error:
        raise Malformed from error


def is_complete(data: Bytes) -> bool:
    """Return whether every strip and tile of every directory lies within the file."""
    try:
        layout = _Layout(data)
        for at in layout.chain():
            directory = layout.tags(at, {*_PIXELS, *_PIXELS.values()})
            for offsets, lengths in _PIXELS.items():
                if any(
                    start + length > len(data)
                    for start, length in zip(directory.get(offsets, ()), directory.get(lengths, ()), strict=False)
                ):
                    return False
    except (Malformed, struct.error, OverflowError):
        return False
    return True


def join_pages(files: Sequence[bytes]) -> bytes:
    """Return one TIFF of the pages of many, which must have one byte order."""
    from PIL.TiffImagePlugin import AppendingTiffWriter

    joined = io.BytesIO()
    with AppendingTiffWriter(joined) as writer:
        for file in files:
            writer.write(file)
            writer.newFrame()
    return joined.getvalue()


def _sub_directories(layout: "_Layout", tags: dict[int, tuple[int, ...]]) -> Iterator[Directory]:
    for at in tags.get(SUB_IFDS, ())[:_SUB_DIRECTORIES]:
        if at:
            yield Directory(layout.tags(at, _DECISIVE, _VALUES))


class _Layout:
    """How numbers and directories lie in this file: its byte order, and the widths of TIFF or BigTIFF."""

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

    def tags(self, at: int, wanted: set[int], most: int | None = None) -> dict[int, tuple[int, ...]]:
        """Return the integers of the wanted tags of the directory at that offset, at most so many of each."""
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
