"""Transfer functions between light and the numbers of a picture (Rec. ITU-T H.273, table 3; BT.2100; BT.2390).

A curve is a function of an image of codes, 0 for black to 1 for the largest; light is 1 for the white of an ordinary
screen.
"""

from collections.abc import Callable
from typing import Any

import pyvips

TransferFunction = str | float
"""A name of `TRANSFER_FUNCTIONS`, or the exponent of a power law."""

# Those of video (BT.709, BT.601, BT.2020, xvYCC, BT.1361) are one curve for light that can be shown.
TRANSFER_FUNCTIONS: dict[int, TransferFunction] = {
    **dict.fromkeys((1, 6, 11, 12, 14, 15), "video"),
    4: 2.2,
    5: 2.8,
    7: "smpte240",
    8: 1.0,
    13: "srgb",
    16: "pq",
    18: "hlg",
}

# BT.2408: the light of white paper, and the peak that a programme is made for, in cd/m2.
_WHITE, _PEAK = 203.0, 1000.0
_PQ_PEAK = 10_000.0
# BT.2100, table 4.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# BT.2100, table 5, with the system gamma of a screen of 1,000 cd/m2.
_HLG_A, _HLG_B, _HLG_C, _SYSTEM_GAMMA = 0.17883277, 0.28466892, 0.55991073, 1.2


def identity(*, deep: bool) -> Any:
    """Return every code of 8 bit, or of 16 bit, as an image of one row."""
    return pyvips.Image.identity(ushort=deep).cast("double") / (65535 if deep else 255)


def clip(image: Any) -> Any:
    """Return the image with every value within 0 and 1."""
    image = (image > 0).ifthenelse(image, 0)
    return (image < 1).ifthenelse(image, 1)


def to_light(curve: TransferFunction, codes: Any) -> Any:
    """Return the light of these codes; of HLG the light of the scene, for `scene_to_display`."""
    if isinstance(curve, float):
        return codes**curve
    return _TO_LIGHT[curve](codes)


def scene_to_display(scene: Any, luminance: Any) -> Any:
    """Return the light on an ordinary screen of an HLG scene, whose luminance a matrix of one row gives."""
    total = scene.recomb(luminance) if scene.bands == 3 else scene
    shown = scene * (clip(total) ** (_SYSTEM_GAMMA - 1))
    # The fourth root gives dark colours their share of the table.
    table = _tone_mapped(identity(deep=True) ** 4 * _PEAK)
    return (clip(shown) ** 0.25 * 65535).rint().cast("ushort").maplut(table)


def encode_srgb(light: Any) -> Any:
    """Return the codes of that light in sRGB (IEC 61966-2-1)."""
    return (light <= 0.0031308).ifthenelse(light * 12.92, light ** (1 / 2.4) * 1.055 - 0.055)


def _from_srgb(codes: Any) -> Any:
    return (codes <= 0.04045).ifthenelse(codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def _from_video(codes: Any) -> Any:
    return (codes < 0.081243).ifthenelse(codes / 4.5, ((codes + 0.099297) / 1.099297) ** (1 / 0.45))


def _from_smpte240(codes: Any) -> Any:
    return (codes < 0.091286).ifthenelse(codes / 4.0, ((codes + 0.111572) / 1.111572) ** (1 / 0.45))


def _from_pq(codes: Any) -> Any:
    return _tone_mapped(_pq_to_nits(codes))


def _from_hlg(codes: Any) -> Any:
    return (codes <= 0.5).ifthenelse(codes**2 / 3, (((codes - _HLG_C) / _HLG_A).exp() + _HLG_B) / 12)


def _pq_to_nits(codes: Any) -> Any:
    root = codes ** (1 / _M2)
    over = root - _C1
    return ((over > 0).ifthenelse(over, 0) / (root * -_C3 + _C2)) ** (1 / _M1) * _PQ_PEAK


def _nits_to_pq(nits: Any) -> Any:
    root = (nits / _PQ_PEAK) ** _M1
    return ((root * _C2 + _C1) / (root * _C3 + 1)) ** _M2


def _tone_mapped(nits: Any) -> Any:
    """Return light in cd/m2 as that of an ordinary screen: the electrical-electrical transfer of BT.2390, 5.4.1.

    What is dark stays as it is; what is brighter than the knee is pressed together, so that 1,000 cd/m2 become white.
    """
    top = _nits_to_pq(pyvips.Image.black(1, 1) + _PEAK).avg()
    most = _nits_to_pq(pyvips.Image.black(1, 1) + _WHITE).avg() / top
    knee = 1.5 * most - 0.5
    source = clip(_nits_to_pq(nits) / top)
    t = (source - knee) / (1 - knee)
    t2, t3 = t**2, t**3
    spline = (t3 * 2 - t2 * 3 + 1) * knee + (t3 - t2 * 2 + t) * (1 - knee) + (t2 * 3 - t3 * 2) * most
    return _pq_to_nits((source < knee).ifthenelse(source, spline) * top) / _WHITE


_TO_LIGHT: dict[str, Callable[[Any], Any]] = {
    "srgb": _from_srgb,
    "video": _from_video,
    "smpte240": _from_smpte240,
    "pq": _from_pq,
    "hlg": _from_hlg,
}
