"""The EXIF, XMP and IPTC of a PNG file: in a chunk of their own, or as text (PNG specification, sections 11.3.3-4)."""

import zlib
from contextlib import suppress

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.png import chunks

_TEXT_BYTES = 1 << 20
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_XMP_MARKER = b"http://ns.adobe.com/xap/1.0/\x00"
# ImageMagick's and ExifTool's: a name, a length, and the bytes as hexadecimal digits.
_RAW = {b"Raw profile type " + name: name for name in (b"exif", b"APP1", b"xmp", b"iptc", b"8bim")}


def read_profiles(data: Bytes) -> tuple[bytes, bytes, bytes]:
    """Return EXIF, XMP and IPTC, wherever in the file they are, each empty where there is none.

    Of several the first counts, and EXIF in its own chunk before EXIF as text.
    """
    own: list[bytes] = []
    found: dict[str, bytes] = {}
    with suppress(Malformed):
        for kind, start, end in chunks(data):
            if kind == b"eXIf":
                own.append(data[start + 8 : end - 4])
            elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
                name, profile = _read_text(kind, data[start + 8 : start + 8 + min(end - start - 12, _TEXT_BYTES)])
                found.setdefault(name, profile)
    return own[0] if own else found.get("exif", b""), found.get("xmp", b""), found.get("iptc", b"")


def _read_text(kind: bytes, payload: bytes) -> tuple[str, bytes]:
    """What a chunk of text holds, "exif", "xmp", "iptc" or nothing, and its bytes."""
    keyword, _, rest = payload.partition(b"\x00")
    if keyword != _XMP_KEYWORD and keyword not in _RAW:
        return "", b""
    packed = kind == b"zTXt"
    if kind == b"zTXt":
        rest = rest[1:]
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\x01", rest[2:].split(b"\x00", 2)[-1]
    if packed:
        try:
            rest = zlib.decompressobj().decompress(rest, _TEXT_BYTES)
        except zlib.error:
            return "", b""
    return ("xmp", rest) if keyword == _XMP_KEYWORD else _read_raw(_RAW[keyword], rest)


def _read_raw(name: bytes, text: bytes) -> tuple[str, bytes]:
    try:
        profile = bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
    except ValueError:
        return "", b""
    if profile.startswith(_XMP_MARKER):
        return "xmp", profile.removeprefix(_XMP_MARKER)
    return {b"xmp": "xmp", b"iptc": "iptc", b"8bim": "iptc"}.get(name, "exif"), profile
