"""Write one picture as HEVC intra-coded raw samples (I_PCM), which needs no transform and loses nothing.

Rec. ITU-T H.265: section 7.3 for the syntax, section 9.3 for the arithmetic coder. Each coding tree block of 16 x 16
samples is one coding unit; its only coded bins are `part_mode`, always the more probable symbol of its one context,
and two terminating ones, so that nine bits before each block's samples follow from a table.
"""

from collections.abc import Sequence

CHROMA = {"L": 0, "420": 1, "444": 3}
_BLOCK = 16
_VPS, _SPS, _PPS, _IDR = 32, 33, 34, 19
# Table 9-52 (rangeTabLps) for qRangeIdx 3, by pStateIdx.
_LPS = (
    *(240, 227, 216, 205, 195, 185, 175, 166, 158, 150, 142, 135, 128, 122, 116, 110, 104, 99, 94, 89, 85),
    *(80, 76, 72, 69, 65, 62, 59, 56, 53, 50, 48, 45, 43, 41, 39, 37, 35, 33, 32, 30, 29),
    *(27, 26, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9),
)

Plane = Sequence[Sequence[int]]


class Bits:
    """Bits in writing order."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def put(self, *fields: tuple[int, int]) -> "Bits":
        """Append (value, count of bits) pairs."""
        self._text += [f"{value:0{count}b}" for value, count in fields]
        return self

    def ue(self, *values: int) -> "Bits":
        """Append Exp-Golomb codes (section 9.2)."""
        for value in values:
            length = (value + 1).bit_length()
            self.put((0, length - 1)) if length > 1 else None
            self.put((value + 1, length))
        return self

    def align(self, first: str = "") -> "Bits":
        """Append `first`, then zeros up to the next whole byte."""
        text = "".join(self._text) + first
        self._text = [text + "0" * (-len(text) % 8)]
        return self

    def nal(self, kind: int) -> bytes:
        """Return the bytes as a NAL unit, with emulation prevention (section 7.3.1.1)."""
        text = "".join(self._text)
        payload = int(text, 2).to_bytes(len(text) // 8, "big")
        out = bytearray((kind << 1, 1))
        zeros = 0
        for byte in payload:
            if zeros == 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(out)


def encode(planes: Sequence[Plane], chroma: str, depth: int, *, full_range: bool = True) -> tuple[list[bytes], bytes]:
    """Return the three parameter sets and the slice; planes are Y, or Y, Cb and Cr, each as rows of samples."""
    height, width = len(planes[0]), len(planes[0][0])
    wide, high = (-(-side // _BLOCK) * _BLOCK for side in (width, height))
    sets = [_vps(), _sps((wide, high), (wide - width, high - height), CHROMA[chroma], depth, full_range), _pps()]
    return sets, _slice(planes, (wide, high), chroma, depth)


def _profile(bits: Bits) -> Bits:
    # Range extensions hold every chroma format and depth (annex A.3.5); level 6.
    return bits.put((0, 3), (4, 5), (1 << 27, 32), (0b1001, 4), (0, 44), (180, 8))


def _vps() -> bytes:
    bits = _profile(Bits().put((0, 4), (3, 2), (0, 6), (0, 3), (1, 1), (0xFFFF, 16))).put((1, 1)).ue(0, 0, 0)
    return bits.put((0, 6)).ue(0).put((0, 2)).align("1").nal(_VPS)


def _sps(size: tuple[int, int], cropped: tuple[int, int], chroma: int, depth: int, full_range: bool) -> bytes:
    bits = _profile(Bits().put((0, 4), (0, 3), (1, 1))).ue(0, chroma)
    if chroma == CHROMA["444"]:
        bits.put((0, 1))
    unit = 2 if chroma == CHROMA["420"] else 1
    bits.ue(*size).put((1, 1)).ue(0, cropped[0] // unit, 0, cropped[1] // unit)
    bits.ue(depth - 8, depth - 8, 0).put((1, 1)).ue(0, 0, 0)
    # Coding blocks of 16 alone, transform blocks of 4 to 16; no scaling lists, AMP or SAO; then raw samples.
    bits.ue(1, 0, 0, 2, 0, 0).put((0, 3), (1, 1), (depth - 1, 4), (depth - 1, 4)).ue(1, 0).put((1, 1))
    bits.ue(0).put((0, 3), (1, 1), (0, 2))
    bits.put((1, 1), (5, 3), (int(full_range), 1), (0, 1), (0, 7))
    return bits.put((0, 1)).align("1").nal(_SPS)


def _pps() -> bytes:
    bits = Bits().ue(0, 0).put((0, 7)).ue(0, 0, 0).put((0, 3)).ue(0, 0).put((0, 7))
    return bits.put((0b101, 3), (0, 2)).ue(0).put((0, 2)).align("1").nal(_PPS)


def _slice(planes: Sequence[Plane], size: tuple[int, int], chroma: str, depth: int) -> bytes:
    bits = Bits().put((1, 1), (0, 1)).ue(0, 2, 0).align("1")
    corners = [(x, y) for y in range(0, size[1], _BLOCK) for x in range(0, size[0], _BLOCK)]
    spread, state = 510, 0
    for x, y in corners:
        bits.put(((spread - _LPS[state] - 2) | 1, 9)).align()
        for number, plane in enumerate(planes):
            step = 2 if number and chroma == "420" else 1
            bits.put(*((sample, depth) for sample in _block(plane, x // step, y // step, _BLOCK // step)))
        bits.align()
        # The coder starts anew behind raw samples, and "this was not the last block" is its first bin.
        spread, state = 508, min(state + 1, 62)
    return bits.put((508 >> 1, 8)).align("1").nal(_IDR)


def _block(plane: Plane, x: int, y: int, side: int) -> list[int]:
    """The samples of one block, the picture's edge repeated beyond it."""
    rows = (plane[min(row, len(plane) - 1)] for row in range(y, y + side))
    return [row[min(column, len(row) - 1)] for row in rows for column in range(x, x + side)]
