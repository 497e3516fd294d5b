"""The directories of a TIFF file (TIFF 6.0, section 2; BigTIFF): it has no end mark, but says where its pixels lie."""

import struct
from collections.abc import Iterator

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed

_PIXELS = {273: 279, 324: 325}  # offsets of strips or tiles, and the tag that gives their lengths
_INTEGERS = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_DIRECTORIES = 1000


def is_complete(data: Bytes) -> bool:
    """Whether every strip and tile of every directory lies within the file."""
    try:
        for directory in _directories(data):
            for offsets, lengths in _PIXELS.items():
                if any(
                    start + length > len(data)
                    for start, length in zip(directory.get(offsets, ()), directory.get(lengths, ()), strict=False)
                ):
                    return False
    except (Malformed, struct.error):
        return False
    return True


def _directories(data: Bytes) -> Iterator[dict[int, tuple[int, ...]]]:
    order = "<" if data[:2] == b"II" else ">"
    big = 43 in data[2:4]
    number, count, entry_size = ("Q", "Q", 20) if big else ("I", "H", 12)
    at = struct.unpack_from(order + number, data, 8 if big else 4)[0]
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _DIRECTORIES:
        seen.add(at)
        entries = struct.unpack_from(order + count, data, at)[0]
        at += struct.calcsize(count)
        wanted = (_entry(data, order, number, at + index * entry_size) for index in range(min(entries, 65_536)))
        yield {tag: values for tag, values in wanted if tag}
        at = struct.unpack_from(order + number, data, at + entries * entry_size)[0]


def _entry(data: Bytes, order: str, number: str, at: int) -> tuple[int, tuple[int, ...]]:
    """Tag and values of one entry when it is one of _PIXELS, else zero and nothing."""
    tag, kind, count = struct.unpack_from(f"{order}HH{number}", data, at)
    if kind not in _INTEGERS or not (tag in _PIXELS or tag in _PIXELS.values()):
        return 0, ()
    room = struct.calcsize(number)
    place = at + 4 + room
    size = count * struct.calcsize(_INTEGERS[kind])
    if size > room:
        place = struct.unpack_from(order + number, data, place)[0]
    if place + size > len(data):
        raise Malformed
    return tag, struct.unpack_from(f"{order}{count}{_INTEGERS[kind]}", data, place)
