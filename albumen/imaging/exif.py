"""Read the few EXIF fields that Albumen shows, and write the one that copies keep (Exif 2.32; TIFF 6.0, section 2)."""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from albumen.imaging import dates
from albumen.imaging.dates import Stamp

Bytes = bytes | mmap.mmap
Value = int | str | bytes | tuple[float, ...]

_ASCII, _SHORT, _LONG, _RATIONAL, _IFD, _UTF8 = 2, 3, 4, 5, 13, 129
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD, _GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
_CHANGED, _CHANGED_OFFSET = 0x0132, 0x9010
# The date, its sub-seconds and its offset: when it was taken, and when it was digitized (table 8).
_DATES = ((0x9003, 0x9291, 0x9011), (0x9004, 0x9292, 0x9012))
_GPS_TIME, _GPS_DATE = 0x0007, 0x001D
# Tags of a TIFF with other metadata: an XMP packet, an IPTC block, and Photoshop's resources, which may hold one.
_XMP, _IPTC, _PHOTOSHOP = 700, 33723, 34377
_BLOCKS = {_XMP, _IPTC, _PHOTOSHOP}
_BLOCK_UNITS = {1: 1, 2: 1, 4: 4, 7: 1}
_BLOCK_BYTES = 1 << 20
_ENTRIES = 1000
_TEXT = 200


@dataclass(frozen=True, slots=True)
class Exif:
    """The fields that were found: orientation 1..8, the date as ISO 8601, the camera as printable text."""

    orientation: int = 1
    taken_at: str | None = None
    camera: str | None = None


def read_exif(block: Bytes, *, xmp: bytes = b"", iptc: bytes = b"") -> Exif:
    """Return what a TIFF structure says, with or without the leading "Exif" marker. Nonsense in it is never an error.

    The date comes from an XMP packet or an IPTC block where EXIF has none: those given, or the structure's own.
    """
    first, second, gps = _directories(block)
    stamps = [
        Stamp(_text(place, date), _text(second, fraction), _text(second, offset))
        for date, fraction, offset in _DATES
        for place in (second, first)
    ]
    xmp = xmp or _bytes(first, _XMP)
    iptc = iptc or _bytes(first, _IPTC) or _bytes(first, _PHOTOSHOP)
    stamps += [*dates.xmp_stamps(xmp), *dates.iptc_stamps(iptc)]
    orientation = first.get(_ORIENTATION)
    return Exif(
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        taken_at=dates.taken_at(stamps, lambda local: _zone_of(local, first, second, gps)),
        camera=_camera(_text(first, _MAKE), _text(first, _MODEL)),
    )


def minimal_exif(orientation: int) -> bytes:
    """Return a TIFF structure of 26 bytes that carries the orientation (2..8) and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


def _directories(block: Bytes) -> tuple[Mapping[int, Value], Mapping[int, Value], Mapping[int, Value]]:
    """Return the fields of the first directory, of EXIF's and of GPS's; each is empty where there is none."""
    if block[:6] == b"Exif\x00\x00":
        block = block[6:]
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    # BigTIFF has other offsets.
    if order is None or len(block) < 8 or 43 in block[2:4]:
        return {}, {}, {}
    first = _read_ifd(block, order, struct.unpack_from(order + "I", block, 4)[0])
    pointers = (first.get(_EXIF_IFD), first.get(_GPS_IFD))
    second, gps = (_read_ifd(block, order, at) if isinstance(at, int) else {} for at in pointers)
    return first, second, gps


def _read_ifd(block: Bytes, order: str, at: int) -> dict[int, Value]:
    if at + 2 > len(block):
        return {}
    fields: dict[int, Value] = {}
    for index in range(min(struct.unpack_from(order + "H", block, at)[0], _ENTRIES)):
        entry = at + 2 + 12 * index
        if entry + 12 > len(block):
            break
        tag, kind, count = struct.unpack_from(order + "HHI", block, entry)
        offset = struct.unpack_from(order + "I", block, entry + 8)[0]
        if tag in _BLOCKS and kind in _BLOCK_UNITS and count > 4:
            fields[tag] = bytes(block[offset : offset + min(count * _BLOCK_UNITS[kind], _BLOCK_BYTES)])
        elif kind == _SHORT and count == 1:
            fields[tag] = struct.unpack_from(order + "H", block, entry + 8)[0]
        elif kind in {_LONG, _IFD} and count == 1:
            fields[tag] = offset
        elif kind in {_ASCII, _UTF8}:
            start = entry + 8 if count <= 4 else offset
            text = block[start : start + min(count, _TEXT)]
            fields[tag] = text.split(b"\x00")[0].decode("utf-8", "replace")
        elif kind == _RATIONAL and count == 3 and offset + 24 <= len(block):
            parts = struct.unpack_from(order + "6I", block, offset)
            if all(parts[1::2]):
                fields[tag] = tuple(over / under for over, under in zip(parts[::2], parts[1::2], strict=True))
    return fields


def _text(fields: Mapping[int, Value], tag: int) -> str:
    value = fields.get(tag)
    return value if isinstance(value, str) else ""


def _bytes(fields: Mapping[int, Value], tag: int) -> bytes:
    value = fields.get(tag)
    return value if isinstance(value, bytes) else b""


def _zone_of(
    local: datetime, first: Mapping[int, Value], second: Mapping[int, Value], gps: Mapping[int, Value]
) -> timezone | None:
    """Return the zone of a local time: by the offset of the last change, if that was then, or else by the GPS time."""
    changed = _text(first, _CHANGED)
    offset = dates.read_offset(_text(second, _CHANGED_OFFSET))
    if offset and (not changed or dates.agreed(local, dates.read_local(changed))):
        return offset
    time = gps.get(_GPS_TIME)
    midnight = dates.read_local(f"{_text(gps, _GPS_DATE).strip()} 00:00:00")
    if midnight is None or not isinstance(time, tuple) or not (time[0] < 24 and time[1] < 60 and time[2] < 61):
        return None
    hours, minutes, seconds = time
    return dates.zone_between(local, midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds))


def _camera(maker: str, model: str) -> str | None:
    maker, name = _printable(maker), _printable(model)
    if maker and name.lower().startswith(maker.lower()):
        maker = ""
    return f"{maker} {name}".strip()[:100].strip() or None


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() and c != "\ufffd" else " " for c in text).split())
