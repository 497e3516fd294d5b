"""Where a file says what the numbers of its colours mean, if not by an ICC profile."""

from albumen.imaging.colour import Coding, from_cicp, from_gamma
from albumen.imaging.exif import Bytes
from albumen.imaging.formats import png
from albumen.imaging.formats.av1 import read_colours
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.items import Items


def of_png(data: Bytes) -> Coding | None:
    """Return what the chunks say: cICP, else nothing where there is a profile or sRGB, else gAMA with cHRM.

    That is the order of PNG, third edition, section 4.3.
    """
    found: dict[bytes, bytes] = {}
    try:
        for kind, start, end in png.chunks(data):
            if kind == b"IDAT":
                break
            found[kind] = bytes(data[start + 8 : end - 4])
    except Malformed:
        return None
    cicp, gamma, chromaticities = (found.get(kind, b"") for kind in (b"cICP", b"gAMA", b"cHRM"))
    if len(cicp) == 4:
        return from_cicp(cicp[0], cicp[1], full_range=cicp[3] != 0)
    if {b"iCCP", b"sRGB"} & set(found) or (len(gamma), len(chromaticities)) != (4, 32):
        return None
    white_x, white_y, *colours = (
        int.from_bytes(chromaticities[at : at + 4], "big") / 100_000 for at in range(0, 32, 4)
    )
    return from_gamma(int.from_bytes(gamma, "big") / 100_000, (*colours, white_x, white_y))


def of_avif(data: Bytes) -> Coding | None:
    """Return what the colour property of the picture says, else its stream; nothing where there is a profile."""
    try:
        items = Items(data)
        codes = [data[box.start : box.end] for box in items.colours()]
        if any(code[:4] in {b"prof", b"rICC"} for code in codes):
            return None
        for code in codes:
            if code[:4] == b"nclx":
                return from_cicp(int.from_bytes(code[4:6], "big"), int.from_bytes(code[6:8], "big"))
        stream = read_colours(items.head(items.coded()))
        return from_cicp(stream.primaries, stream.transfer)
    except Malformed:
        return None
