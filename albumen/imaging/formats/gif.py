"""The blocks of a GIF file (GIF89a specification, appendix A)."""

import struct
from collections.abc import Iterator

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_HEADER = 13


def blocks(data: Bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the kind of every block in front of the trailer, and the offsets where it starts and ends.

    The kind is the label of an extension (section 24), or 0x2C for an image (section 20). Raise Malformed when the
    file ends before its trailer, or holds something else in the place of a block.
    """
    if len(data) < _HEADER:
        raise Malformed
    at = _HEADER + _table(data[10])
    while True:
        start = at
        introducer = _byte(data, at)
        if introducer == _TRAILER:
            return
        if introducer == _EXTENSION:
            kind = _byte(data, at + 1)
            at = _skip(data, at + 2)
        elif introducer == _IMAGE:
            kind = _IMAGE
            at = _skip(data, at + 11 + _table(_byte(data, at + 9)))
        else:
            raise Malformed
        yield kind, start, at


def first_frame(data: Bytes) -> tuple[int, int, int, int] | None:
    """Return left, top, width and height of the first frame on the canvas, in pixels, or None without one."""
    try:
        for kind, start, _ in blocks(data):
            if kind == _IMAGE:
                left, top, width, height = struct.unpack_from("<4H", data, start + 1)
                return left, top, width, height
    except Malformed:
        pass
    return None


def is_complete(data: Bytes) -> bool:
    """Return true when the file reaches its trailer. Raise Malformed when it does not."""
    return all(end <= len(data) for _, _, end in blocks(data))


def strip(data: bytes, orientation: int) -> bytes:
    """Return the frames, their timing and the loop, without comments, text, data of other applications, or trailing
    bytes."""
    parts = [data[: _HEADER + _table(data[10])]]
    for kind, start, end in blocks(data):
        if kind in {_IMAGE, _GRAPHIC_CONTROL}:
            parts.append(data[start:end])
        elif kind == _APPLICATION and data[start + 3 : start + 14] in _LOOPS:
            parts.append(_loop(data, start))
    return b"".join(parts) + bytes((_TRAILER,))


def _loop(data: bytes, start: int) -> bytes:
    """Return the looping extension with its first sub-block alone, which gives the number of rounds.

    Other sub-blocks could hide bytes.
    """
    if data[start + 14 : start + 16] != b"\x03\x01":
        return b""
    return data[start : start + 18] + b"\x00"


def _table(flags: int) -> int:
    """Return the size in bytes of the colour table that a byte of flags announces (sections 18 and 20), or 0."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip(data: Bytes, at: int) -> int:
    """Return the offset behind the sub-blocks that start there."""
    while length := _byte(data, at):
        at += length + 1
    return at + 1


def _byte(data: Bytes, at: int) -> int:
    if at >= len(data):
        raise Malformed
    return data[at]
