"""Colours that a file gives as numbers instead of an ICC profile, turned into sRGB.

The numbers are those of Rec. ITU-T H.273, or a PNG's gamma and chromaticities. Everything here is done point by point
on an image that has already been shrunk. docs/adr/0015-colours.md says why it is done so.
"""

from dataclasses import dataclass
from typing import Any

import pyvips

from albumen.imaging import transfer_functions

Chromaticities = tuple[float, ...]

_D65 = (0.3127, 0.3290)
_BT709: Chromaticities = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
_BT601_525: Chromaticities = (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *_D65)
# H.273, table 2: x and y of red, green, blue and white.
_PRIMARIES: dict[int, Chromaticities] = {
    1: _BT709,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: _BT601_525,
    7: _BT601_525,
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    10: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}
# Encoders write the numbers of television for pictures that are sRGB, so that these are taken for it.
_LIKE_SRGB = {1, 5, 6}
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_NEAR = 0.002


@dataclass(frozen=True, slots=True)
class ColourEncoding:
    """The meaning of a picture's numbers: x and y of red, green, blue and white, and the transfer function of light.

    `full_range` is false where black and white are 16 and 235 of 255, as in video.
    """

    primaries: Chromaticities = _BT709
    curve: transfer_functions.TransferFunction = "srgb"
    full_range: bool = True


SRGB = ColourEncoding()


def from_cicp(primaries: int, transfer: int, *, full_range: bool = True) -> ColourEncoding:
    """Return the encoding behind two numbers of H.273; what is unknown is taken for sRGB."""
    known = transfer_functions.TRANSFER_FUNCTIONS.get(transfer, "srgb")
    if primaries not in _PRIMARIES or primaries in _LIKE_SRGB:
        return ColourEncoding(_BT709, "srgb" if known == "video" else known, full_range)
    return ColourEncoding(_PRIMARIES[primaries], known, full_range)


def from_gamma(gamma: float, chromaticities: Chromaticities) -> ColourEncoding:
    """Return the encoding of a PNG's gAMA, 1/2.2 for most, and cHRM, white last; of nonsense, sRGB."""
    near = all(abs(one - other) < _NEAR for one, other in zip(chromaticities, _BT709, strict=True))
    try:
        _to_xyz(chromaticities).matrixinvert()
        exponent = 1 / gamma
    except (ZeroDivisionError, pyvips.Error):
        return SRGB
    if near and abs(gamma - 1 / 2.2) < _NEAR:
        return SRGB
    return ColourEncoding(_BT709 if near else chromaticities, exponent)


def to_srgb(image: Any, encoding: ColourEncoding) -> Any:
    """Return the image as 8 bit sRGB of three bands. It has one or three bands of 8 or 16 bit, and no alpha."""
    codes = transfer_functions.identity(deep=image.format == "ushort")
    if not encoding.full_range:
        codes = transfer_functions.clip((codes * 255 - 16) / 219)
    light = image.maplut(transfer_functions.to_light(encoding.curve, codes))
    to_xyz = _to_xyz(encoding.primaries)
    if encoding.curve == "hlg":
        light = transfer_functions.scene_to_display(light, to_xyz.crop(0, 1, 3, 1))
    if encoding.primaries != _BT709 and image.bands == 3:
        light = light.recomb(_to_xyz(_BT709).matrixinvert().matrixmultiply(to_xyz))
    levels = (transfer_functions.clip(light) * 65535).rint().cast("ushort")
    shown = levels.maplut(
        (transfer_functions.encode_srgb(transfer_functions.identity(deep=True)) * 255).rint().cast("uchar")
    )
    return (shown if shown.bands == 3 else shown.bandjoin([shown, shown])).copy(interpretation="srgb")


def _to_xyz(primaries: Chromaticities) -> Any:
    """Return the matrix from these primaries to XYZ with D65 as white (Bradford, where theirs is another).

    Raise pyvips.Error or ZeroDivisionError where there is none.
    """
    x, y = primaries[0::2], primaries[1::2]
    columns = [(x[n] / y[n], 1.0, (1 - x[n] - y[n]) / y[n]) if y[n] else (x[n], 0.0, 1 - x[n]) for n in range(4)]
    white = columns.pop()
    colours = _matrix(*zip(*columns, strict=True))
    matrix = colours.matrixmultiply(_diagonal(_values(colours.matrixinvert().matrixmultiply(_column(white)))))
    if primaries[6:] == _D65:
        return matrix
    bradford = _matrix(*_BRADFORD)
    wanted = (_D65[0] / _D65[1], 1.0, (1 - sum(_D65)) / _D65[1])
    new, old = (_values(bradford.matrixmultiply(_column(light))) for light in (wanted, white))
    cones = _diagonal([one / other for one, other in zip(new, old, strict=True)])
    return bradford.matrixinvert().matrixmultiply(cones).matrixmultiply(bradford).matrixmultiply(matrix)


def _matrix(*rows: tuple[float, ...]) -> Any:
    return pyvips.Image.new_from_array([list(row) for row in rows])


def _column(values: tuple[float, ...]) -> Any:
    return _matrix(*((value,) for value in values))


def _diagonal(values: list[float]) -> Any:
    return _matrix(*(tuple(value * (n == place) for n in range(3)) for place, value in enumerate(values)))


def _values(column: Any) -> list[float]:
    return [row[0] for row in column.tolist()]
