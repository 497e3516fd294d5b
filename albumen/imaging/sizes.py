"""The size of a rendition as a function of the original's upright size, so that nobody has to open a file for it."""

WEBP_SIDE = 16_383
"""The largest side that WebP can hold, in pixels (RFC 9649, section 3.4: 14 bits)."""


def fit_height(width: int, height: int, wanted: int) -> tuple[int, int]:
    """Return width and height in pixels of a rendition of a width x height picture at a wanted height; never enlarge
    it.

    The aspect ratio is kept, halves are rounded up, and no side is below 1. A picture so wide that the result would
    pass WEBP_SIDE gets exactly that width and a height lowered to match, whatever format it is then written in.
    """
    out_height = min(wanted, height)
    out_width = _scaled(width, out_height, height)
    if out_width > WEBP_SIDE:
        return WEBP_SIDE, _scaled(height, WEBP_SIDE, width)
    return out_width, out_height


def fit_box(width: int, height: int, box: int) -> tuple[int, int]:
    """Return width and height in pixels of a picture within box x box; keep the aspect ratio, and never enlarge it."""
    longest = max(width, height)
    side = min(box, longest, WEBP_SIDE)
    return _scaled(width, side, longest), _scaled(height, side, longest)


def _scaled(length: int, numerator: int, denominator: int) -> int:
    return max(1, (2 * length * numerator + denominator) // (2 * denominator))
