"""The colours that a PNG or AVIF file signals without an ICC profile: CICP numbers, gamma, and limited range."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albumen.imaging.colour import ColourEncoding, from_cicp, from_gamma
from albumen.imaging.exif import Bytes
from albumen.imaging.formats.av1 import ColourConfig, read_colour_config
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.items import Items

_BLACK, _WHITE = 16, 235


@dataclass(frozen=True, slots=True)
class LimitedRange:
    """The bands that the decoder leaves in video's limited range, 16 to 235 of 255: grey, alpha, or both.

    Decoders expand the samples of colour pictures themselves, with the matrix that turns YCbCr into RGB.
    """

    grey: bool = False
    alpha: bool = False

    def to_full_range(self, image: Any) -> Any:
        """Return the image of 8 or 16 bits a sample with these bands expanded to the full range."""
        unit = 257 if image.format == "ushort" else 1
        bands = image.bands - 1 if image.hasalpha() else image.bands
        slopes = [255 / (_WHITE - _BLACK) if self.grey else 1.0] * bands
        if image.hasalpha():
            slopes.append(255 / (_WHITE - _BLACK) if self.alpha else 1.0)
        offsets = [0.0 if slope == 1 else -slope * _BLACK * unit for slope in slopes]
        return image.linear(slopes, offsets).rint().cast(image.format).copy(interpretation=image.interpretation)


FULL_RANGE = LimitedRange()


def read_png_encoding(chunks: Mapping[bytes, bytes]) -> ColourEncoding | None:
    """Return the colour encoding of a PNG by the payloads of its colour chunks, keyed by type; None for a profile.

    cICP comes first, then iCCP and sRGB, then gAMA with cHRM (PNG, third edition, section 4.3).
    """
    cicp, gamma, chromaticities = (chunks.get(kind, b"") for kind in (b"cICP", b"gAMA", b"cHRM"))
    if len(cicp) == 4:
        return from_cicp(cicp[0], cicp[1], full_range=cicp[3] != 0)
    if {b"iCCP", b"sRGB"} & set(chunks) or (len(gamma), len(chromaticities)) != (4, 32):
        return None
    white_x, white_y, *colours = (
        int.from_bytes(chromaticities[at : at + 4], "big") / 100_000 for at in range(0, 32, 4)
    )
    return from_gamma(int.from_bytes(gamma, "big") / 100_000, (*colours, white_x, white_y))


def read_avif_signals(data: Bytes) -> tuple[ColourEncoding | None, LimitedRange]:
    """Return the colour encoding of an AVIF picture, None where it has a profile, and the limited range of its bands.

    The picture's colour property (`nclx`) comes before the sequence header of its AV1 stream.
    """
    try:
        items = Items(data)
        properties = [bytes(data[box.start : box.end]) for box in items.colours()]
    except Malformed:
        return None, FULL_RANGE
    alpha_item = items.alpha()
    stream = _read_stream(items, items.primary)
    alpha = None if alpha_item is None else _read_stream(items, alpha_item)
    nclx = next((code for code in properties if code[:4] == b"nclx"), b"")
    full_range = nclx[10:11] >= b"\x80" if nclx else stream is None or stream.full_range
    limited = LimitedRange(
        grey=stream is not None and stream.grey and not full_range, alpha=alpha is not None and not alpha.full_range
    )
    if any(code[:4] in {b"prof", b"rICC"} for code in properties):
        return None, limited
    if nclx:
        return from_cicp(int.from_bytes(nclx[4:6], "big"), int.from_bytes(nclx[6:8], "big")), limited
    return from_cicp(stream.primaries, stream.transfer) if stream else None, limited


def _read_stream(items: Items, item: int) -> ColourConfig | None:
    try:
        return read_colour_config(items.head(items.coded(item)))
    except Malformed:
        return None
