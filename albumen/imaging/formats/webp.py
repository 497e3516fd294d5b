"""The chunks of a WebP file (RFC 9649, section 2)."""

from collections.abc import Iterator

from albumen.imaging.exif import Bytes, minimal_exif
from albumen.imaging.formats.errors import Malformed

_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_IN_FRAME = {b"VP8 ", b"VP8L", b"ALPH"}
_FLAG_EXIF, _FLAG_XMP = 0x08, 0x04
_FRAME_HEADER = 16


def chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and payload of every chunk between two offsets. Raise Malformed when one passes the end."""
    while at < end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise Malformed
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def is_complete(data: Bytes) -> bool:
    """Return whether the file is as long as its header says."""
    return len(data) >= _end(data)


def strip(data: bytes, orientation: int) -> bytes:
    """Return the picture, its animation and its colour profile, without EXIF, XMP, unknown chunks or trailing
    bytes."""
    end = _end(data)
    if end > len(data):
        raise Malformed
    parts: list[bytes] = []
    extended = False
    for kind, payload in chunks(data, 12, end):
        if kind == b"VP8X" and len(payload) == 10:
            extended = True
            flags = payload[0] & ~(_FLAG_EXIF | _FLAG_XMP) | (_FLAG_EXIF if orientation != 1 else 0)
            parts.append(_chunk(kind, bytes((flags,)) + payload[1:]))
        elif kind == b"ANMF":
            parts.append(_chunk(kind, _strip_frame(payload)))
        elif kind in _KEPT:
            parts.append(_chunk(kind, payload))
    if not parts:
        raise Malformed
    # A simple file has no room for EXIF, and what stood there without the extended header is not read either.
    if extended and orientation != 1:
        parts.append(_chunk(b"EXIF", minimal_exif(orientation)))
    body = b"".join(parts)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _strip_frame(payload: bytes) -> bytes:
    kept = [(kind, part) for kind, part in chunks(payload, _FRAME_HEADER, len(payload)) if kind in _IN_FRAME]
    return payload[:_FRAME_HEADER] + b"".join(_chunk(kind, part) for kind, part in kept)


def _end(data: Bytes) -> int:
    return 8 + int.from_bytes(data[4:8], "little")


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "little") + payload + b"\x00" * (len(payload) % 2)
