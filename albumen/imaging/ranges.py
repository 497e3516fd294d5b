"""Samples between 16 and 235 of 255, as video has them, where decoders leave them so: those of grey and of alpha.

Colours are widened by the decoders, with the matrix that makes RGB of them.
"""

from dataclasses import dataclass
from typing import Any

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.av1 import read_colours
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.items import Items

_BLACK, _WHITE = 16, 235


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which parts of a picture use the narrow range: its grey, its transparency."""

    grey: bool = False
    alpha: bool = False

    def widen(self, image: Any) -> Any:
        """Return the image with these bands in the full range; it has 8 or 16 bit."""
        unit = 257 if image.format == "ushort" else 1
        bands = image.bands - 1 if image.hasalpha() else image.bands
        slopes = [255 / (_WHITE - _BLACK) if self.grey else 1.0] * bands
        if image.hasalpha():
            slopes.append(255 / (_WHITE - _BLACK) if self.alpha else 1.0)
        offsets = [0.0 if slope == 1 else -slope * _BLACK * unit for slope in slopes]
        return image.linear(slopes, offsets).rint().cast(image.format).copy(interpretation=image.interpretation)


FULL = Narrow()


def of_avif(data: Bytes) -> Narrow:
    """Return what the streams of the picture and of its transparency say; `nclx` comes before the picture's."""
    try:
        items = Items(data)
        alpha = items.alpha()
        stream = read_colours(items.head(items.coded()))
        ranges = [data[box.start + 10] >> 7 for box in items.colours() if data[box.start : box.start + 4] == b"nclx"]
        full = bool(ranges[0]) if ranges else stream.full_range
        narrow_alpha = alpha is not None and not read_colours(items.head(items.coded(alpha))).full_range
        return Narrow(stream.grey and not full, narrow_alpha)
    except Malformed:
        return FULL
