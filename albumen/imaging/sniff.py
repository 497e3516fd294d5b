"""The format of a file by its first bytes alone: neither its name nor a declared type counts."""

import re

from albumen.imaging.formats.raw import has_raw_signature
from albumen.imaging.values import RAW, Refused
from albumen.sentences import Sentence

_SIGNATURES = {
    "jpeg": rb"\xff\xd8\xff",
    "png": rb"\x89PNG\r\n\x1a\n",
    "gif": rb"GIF8[79]a",
    "webp": rb"RIFF....WEBP",
    "tiff": rb"II[*+]\0|MM\0[*+]",
}
_KNOWN_BUT_NOT_TAKEN = {
    "PDF": rb"%PDF-",
    "PostScript": rb"%!PS",
    "Photoshop": rb"8BPS",
    # Two letters alone would be too few: the header's length stands behind them.
    "BMP": rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
    "JPEG 2000": rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n",
    "Icon": rb"\0\0\x01\0",
    "Cursor": rb"\0\0\x02\0",
    "OpenEXR": rb"v/1\x01",
    "Radiance HDR": rb"#\?(RADIANCE|RGBE)",
    "DDS": rb"DDS ",
    "QOI": rb"qoif",
    "farbfeld": rb"farbfeld",
    "GIMP": rb"gimp xcf",
    "FITS": rb"SIMPLE  =",
    "MNG": rb"\x8aMNG\r\n\x1a\n",
    "JNG": rb"\x8bJNG\r\n\x1a\n",
    "Netpbm": rb"P[1-7Ff]\s",
    "SVG": rb"(?i:(\xef\xbb\xbf)?\s*<(.{,1000}<)?svg)",
}
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


def sniff(data: bytes) -> str:
    """Return the format of the bytes, a key of MEDIA_TYPES.

    Raise Refused: `unsupported_format` for a picture format that is known but not accepted, else `not_an_image`.
    """
    if has_raw_signature(data):
        raise Refused("unsupported_format", RAW)
    for name, signature in _SIGNATURES.items():
        if re.match(signature, data, re.DOTALL):
            return name
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    for name, signature in _KNOWN_BUT_NOT_TAKEN.items():
        if re.match(signature, data, re.DOTALL):
            raise _not_taken(name)
    if not data:
        raise Refused("not_an_image", "The file is empty; choose a picture and send it again.")
    raise Refused("not_an_image", "The file is not an image; choose a picture and send it again.")


def _not_taken(kind: str) -> Refused:
    detail = Sentence(
        "%(kind)s files are not accepted. Send it as JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF.", kind=kind
    )
    return Refused("unsupported_format", detail)


def _sniff_brands(data: bytes) -> str:
    """Return avif or heic by the brands of the file type box (ISO/IEC 14496-12, section 4.3); raise Refused for
    others."""
    end = min(max(int.from_bytes(data[:4], "big"), 16), 1024)
    brands = {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}
    if data[8:12] == b"mif3":
        raise _not_taken("Low-overhead HEIF")
    if brands & {b"avif", b"avis"}:
        return "avif"
    if brands & _HEVC_BRANDS:
        return "heic"
    raise Refused("not_an_image", "The file is a video or another media file, not an image; choose a picture.")
