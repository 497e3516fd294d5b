"""The metadata of a PNG file: frames, colours, EXIF, XMP and IPTC (PNG specification, section 11.3)."""

import zlib
from contextlib import suppress
from dataclasses import dataclass, field

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.png import chunks

_TEXT_BYTES = 1 << 20
_COLOUR_CHUNKS = {b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"}
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_XMP_MARKER = b"http://ns.adobe.com/xap/1.0/\x00"
# ImageMagick's and ExifTool's: a name, a length, and the bytes as hexadecimal digits.
_RAW = {b"Raw profile type " + name: name for name in (b"exif", b"APP1", b"xmp", b"iptc", b"8bim")}


@dataclass(slots=True)
class PngMetadata:
    """Number of frames; EXIF, XMP and IPTC, empty where there is none; payloads of colour chunks, keyed by type."""

    frames: int = 0
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    colours: dict[bytes, bytes] = field(default_factory=dict)


def read_metadata(data: Bytes) -> PngMetadata:
    """Return the metadata of a PNG file; of a file that is cut short, that of its whole chunks.

    Frames and colours count in front of the pixels alone, everything else anywhere in the file (PNG, third edition,
    section 5.6). Of several acTL or eXIf chunks the first counts that is not empty, as in libpng, and of several texts
    with one keyword the first. An eXIf chunk comes before EXIF in a text.
    """
    metadata = PngMetadata()
    texts: dict[str, bytes] = {}
    before_pixels = True
    with suppress(Malformed):
        for kind, start, end in chunks(data):
            if kind == b"IDAT":
                before_pixels = False
            elif kind == b"eXIf":
                metadata.exif = metadata.exif or data[start + 8 : end - 4]
            elif kind in {b"tEXt", b"zTXt", b"iTXt"}:
                name, profile = _read_text(kind, data[start + 8 : start + 8 + min(end - start - 12, _TEXT_BYTES)])
                texts.setdefault(name, profile)
            elif before_pixels and kind == b"acTL":
                metadata.frames = metadata.frames or int.from_bytes(data[start + 8 : start + 12], "big")
            elif before_pixels and kind in _COLOUR_CHUNKS:
                metadata.colours[kind] = data[start + 8 : end - 4]
    metadata.frames = metadata.frames or 1
    metadata.exif = metadata.exif or texts.get("exif", b"")
    metadata.xmp, metadata.iptc = texts.get("xmp", b""), texts.get("iptc", b"")
    return metadata


def _read_text(kind: bytes, payload: bytes) -> tuple[str, bytes]:
    """Return which profile a text chunk holds ("exif", "xmp", "iptc", or "" for none), and the profile."""
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
