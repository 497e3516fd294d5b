"""The segments of a JPEG file (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from contextlib import suppress

from albumen.imaging.exif import Bytes, minimal_exif
from albumen.imaging.formats.errors import Malformed
from albumen.sentences import Sentence

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
# SOF0..SOF15 with DHT (C4) and DAC (CC); DQT, DNL, DRI, DHP, EXP. JPG (C8) is reserved.
_NEEDED = {*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD, 0xDE, 0xDF} - {0xC8}
# The processes of table B.1; JPEG-LS is ITU-T T.87.
_LOSSLESS, _HIERARCHICAL, _SOF_LS = {0xC3, 0xCB}, {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE}, 0xF7
_SEQUENTIAL_OR_PROGRESSIVE = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
# A marker behind entropy-coded bytes: 0xFF before anything but a stuffed zero, a restart (RST0 to RST7), or another
# 0xFF, which is a fill byte (section B.1.1).
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JFIF_WITHOUT_THUMBNAIL = 14


def segments(data: Bytes) -> Iterator[tuple[int, bytes, slice]]:
    """Yield marker, payload, and where a scan's entropy-coded bytes are, from after SOI up to and with EOI.

    These are nearly all of the file, and are not copied here. Bytes that stand where a marker should are passed over,
    as decoders do. Raise Malformed without an EOI.
    """
    at = 2
    while True:
        found = _MARKER.search(data, at)
        if found is None:
            raise Malformed
        marker, at = data[found.start() + 1], found.end()
        if marker == _EOI:
            yield marker, b"", slice(at, at)
            return
        if marker in {_SOI, 0x01}:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            raise Malformed
        payload, at = data[at + 2 : at + length], at + length
        start = at
        if marker == _SOS:
            end = _MARKER.search(data, at)
            if end is None:
                raise Malformed
            at = end.start()
        yield marker, payload, slice(start, at)


def count_scans(data: Bytes) -> int:
    """Return the number of scans, up to where the file is cut short; those of embedded previews do not count."""
    scans = 0
    with suppress(Malformed):
        for marker, _, _ in segments(data):
            scans += marker == _SOS
    return scans


def unusual_process(data: Bytes) -> Sentence | None:
    """Return the words for a JPEG that is sound but of a rare kind, as "lossless" or "of 12 bits a sample", or None.

    The frame header gives the kind (section B.2.2).
    """
    try:
        for marker, payload, _ in segments(data):
            if marker == _SOF_LS:
                return Sentence("a JPEG-LS file")
            if marker in _LOSSLESS:
                return Sentence("lossless")
            if marker in _HIERARCHICAL:
                return Sentence("hierarchical")
            if marker in _SEQUENTIAL_OR_PROGRESSIVE and len(payload) >= 6:
                bits, components = payload[0], payload[5]
                if bits == 12:
                    return Sentence("of 12 bits a sample")
                if bits != 8 or components in {0, 1, 3, 4}:
                    return None
                return Sentence("of %(count)s components", count=components)
    except Malformed:
        pass
    return None


def is_complete(data: Bytes) -> bool:
    """Return true when the picture reaches its end marker. Raise Malformed when it does not."""
    return any(marker == _EOI for marker, _, _ in segments(data))


def strip(data: bytes, orientation: int) -> bytes:
    """Return the picture with JFIF, colour profile and Adobe's colour transform alone, and nothing after its end."""
    parts: list[Bytes | memoryview] = [b"\xff\xd8"]
    if orientation != 1:
        parts.append(_segment(_APP1, b"Exif\x00\x00" + minimal_exif(orientation)))
    for marker, payload, entropy in segments(data):
        if marker == _EOI:
            parts.append(b"\xff\xd9")
            continue
        kept = _kept(marker, payload)
        if kept is not None:
            parts += (_segment(marker, kept), memoryview(data)[entropy])
    return b"".join(parts)


def _kept(marker: int, payload: bytes) -> bytes | None:
    if marker == _SOS or marker in _NEEDED:
        return payload
    if marker == _APP0 and payload.startswith(b"JFIF\x00") and len(payload) >= _JFIF_WITHOUT_THUMBNAIL:
        return payload[: _JFIF_WITHOUT_THUMBNAIL - 2] + b"\x00\x00"
    if marker == _APP2 and payload.startswith(b"ICC_PROFILE\x00"):
        return payload
    if marker == _APP14 and payload.startswith(b"Adobe") and len(payload) >= 12:
        return payload[:12]
    return None


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload
