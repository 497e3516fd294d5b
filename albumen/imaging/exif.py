"""Reads the few EXIF fields that Albumen shows, and writes the one that it keeps (Exif 2.32; TIFF 6.0, section 2)."""

import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

Bytes = bytes | mmap.mmap

_ASCII, _SHORT, _LONG = 2, 3, 4
_MAKE, _MODEL, _ORIENTATION, _EXIF_IFD = 0x010F, 0x0110, 0x0112, 0x8769
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011
_ENTRIES = 1000
_TEXT = 200


@dataclass(frozen=True, slots=True)
class Exif:
    """What was found: orientation 1..8, the date as ISO 8601, the camera as printable text."""

    orientation: int = 1
    taken_at: str | None = None
    camera: str | None = None


def read_exif(block: Bytes) -> Exif:
    """Reads a TIFF structure, with or without the leading "Exif" marker. Nonsense in it is never an error."""
    if block[:6] == b"Exif\x00\x00":
        block = block[6:]
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None or len(block) < 8:
        return Exif()
    first = _read_ifd(block, order, struct.unpack_from(order + "I", block, 4)[0])
    pointer = first.get(_EXIF_IFD)
    second = _read_ifd(block, order, pointer) if isinstance(pointer, int) else {}
    orientation = first.get(_ORIENTATION)
    return Exif(
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        taken_at=_iso_date(second.get(_TAKEN), second.get(_TAKEN_OFFSET)),
        camera=_camera(first.get(_MAKE), first.get(_MODEL)),
    )


def minimal_exif(orientation: int) -> bytes:
    """A TIFF structure of 26 bytes that carries the orientation (2..8) and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


def _read_ifd(block: Bytes, order: str, at: int) -> dict[int, int | str]:
    if at + 2 > len(block):
        return {}
    fields: dict[int, int | str] = {}
    for index in range(min(struct.unpack_from(order + "H", block, at)[0], _ENTRIES)):
        entry = at + 2 + 12 * index
        if entry + 12 > len(block):
            break
        tag, kind, count = struct.unpack_from(order + "HHI", block, entry)
        if kind == _SHORT and count == 1:
            fields[tag] = struct.unpack_from(order + "H", block, entry + 8)[0]
        elif kind == _LONG and count == 1:
            fields[tag] = struct.unpack_from(order + "I", block, entry + 8)[0]
        elif kind == _ASCII:
            start = entry + 8 if count <= 4 else struct.unpack_from(order + "I", block, entry + 8)[0]
            text = block[start : start + min(count, _TEXT)]
            fields[tag] = text.split(b"\x00")[0].decode("utf-8", "replace")
    return fields


def _iso_date(taken: int | str | None, offset: int | str | None) -> str | None:
    """EXIF writes "2024:05:06 07:08:09", and "+02:00" beside it when it knows the zone (Exif 2.32, table 8)."""
    if not isinstance(taken, str):
        return None
    try:
        moment = datetime.strptime(taken.strip(), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - most cameras know no zone
        zone = _zone(offset)
        if zone is None:
            return moment.isoformat()
        return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except (ValueError, OverflowError):
        return None


def _zone(offset: int | str | None) -> timezone | None:
    if not isinstance(offset, str):
        return None
    text = offset.strip()
    if text == "Z":
        return UTC
    try:
        sign = {"+": 1, "-": -1}[text[:1]]
        hours, minutes = int(text[1:3]), int(text[4:6])
        if len(text) != 6 or text[3] != ":" or hours > 14 or minutes > 59:
            return None
        return timezone(sign * timedelta(hours=hours, minutes=minutes))
    except (KeyError, ValueError):
        return None


def _camera(make: int | str | None, model: int | str | None) -> str | None:
    maker, name = _printable(make), _printable(model)
    if maker and name.lower().startswith(maker.lower()):
        maker = ""
    return f"{maker} {name}".strip()[:100].strip() or None


def _printable(value: int | str | None) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() and c != "\ufffd" else " " for c in value).split())
