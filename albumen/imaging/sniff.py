"""The format of a file by its first bytes alone: neither its name nor a declared type counts."""

from albumen.imaging.formats.raw import has_raw_signature
from albumen.imaging.values import RAW, Refused

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
)
_KNOWN_BUT_NOT_TAKEN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"8BPS", "Photoshop"),
    (b"BM", "BMP"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x00\x00\x01\x00", "icon"),
    (b"\x00\x00\x02\x00", "cursor"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"farbfeld", "farbfeld"),
    (b"gimp xcf", "GIMP"),
    (b"SIMPLE  =", "FITS"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"\x8bJNG\r\n\x1a\n", "JNG"),
)
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_TAKEN = "Send it as JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF."


def sniff(data: bytes) -> str:
    """Return the format of the bytes, a key of MEDIA_TYPES.

    Raise Refused: `unsupported_format` for a picture format that is known but not accepted, else `not_an_image`.
    """
    if has_raw_signature(data):
        raise Refused("unsupported_format", RAW)
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return _sniff_brands(data)
    for signature, name in _KNOWN_BUT_NOT_TAKEN:
        if data.startswith(signature) and _plausible(data, name):
            raise Refused("unsupported_format", f"The file is a {name} file, which is not accepted. {_TAKEN}")
    if data[:2] in {b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7", b"PF", b"Pf"} and data[2:3].isspace():
        raise Refused("unsupported_format", f"The file is a Netpbm file, which is not accepted. {_TAKEN}")
    if _looks_like_svg(data):
        raise Refused("unsupported_format", f"The file is an SVG drawing, which is not accepted. {_TAKEN}")
    if not data:
        raise Refused("not_an_image", "The file is empty; choose a picture and send it again.")
    raise Refused("not_an_image", "The file is not an image; choose a picture and send it again.")


def _sniff_brands(data: bytes) -> str:
    """Return avif or heic by the brands of the file type box (ISO/IEC 14496-12, section 4.3); raise Refused for
    others."""
    end = min(max(int.from_bytes(data[:4], "big"), 16), 1024)
    brands = {data[at : at + 4] for at in (8, *range(16, end - 3, 4))}
    if data[8:12] == b"mif3":
        raise Refused("unsupported_format", f"The file is a low-overhead HEIF file, which is not accepted. {_TAKEN}")
    if brands & {b"avif", b"avis"}:
        return "avif"
    if brands & _HEVC_BRANDS:
        return "heic"
    raise Refused("not_an_image", "The file is a video or another media file, not an image; choose a picture.")


def _plausible(data: bytes, name: str) -> bool:
    """Return whether the header is one of that format: a BMP must also give its header's length, two letters are too
    few."""
    return name != "BMP" or data[14:18] in {bytes((size, 0, 0, 0)) for size in (12, 16, 40, 52, 56, 64, 108, 124)}


def _looks_like_svg(data: bytes) -> bool:
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return head.startswith(b"<svg") or (head.startswith(b"<") and b"<svg" in head)
