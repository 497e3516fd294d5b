"""The colours in the sequence header of an AV1 picture (AV1 Bitstream and Decoding Process, section 5.5)."""

from dataclasses import dataclass

from albumen.imaging.formats.errors import Malformed

_SEQUENCE_HEADER = 1


@dataclass(frozen=True, slots=True)
class ColourConfig:
    """The colours of an AV1 picture (section 5.5.2): primaries and transfer as numbers of H.273, 2 where unknown.

    `grey` is true for a picture without chroma; `full_range` is false where black and white are 16 and 235 of 255.
    """

    primaries: int
    transfer: int
    grey: bool
    full_range: bool


class _Bits:
    """A reader of unsigned numbers, most significant bit first. Raise Malformed past the end."""

    def __init__(self, data: bytes) -> None:
        self._number, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int = 1) -> int:
        self._left -= count
        if self._left < 0:
            raise Malformed
        return self._number >> self._left & (1 << count) - 1


def read_colour_config(data: bytes) -> ColourConfig:
    """Return the colours by the first sequence header in a stream of OBUs, the units of AV1 (section 5.3).

    Raise Malformed where there is none, or where it gives the timing of a film.
    """
    at = 0
    while at < len(data):
        header = data[at]
        at += 2 if header & 4 else 1
        size = len(data) - at
        if header & 2:
            size = shift = 0
            while at < len(data) and shift < 35:
                byte = data[at]
                at += 1
                size |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
        if header >> 3 & 15 == _SEQUENCE_HEADER:
            return _read_header(_Bits(data[at : at + size]))
        at += size
    raise Malformed


def _read_header(bits: _Bits) -> ColourConfig:
    profile = bits.take(3)
    bits.take()
    reduced = bits.take()
    if reduced:
        bits.take(5)
    else:
        _pass_operating_points(bits)
    wide, high = bits.take(4) + 1, bits.take(4) + 1
    bits.take(wide + high)
    if not reduced and bits.take():
        bits.take(7)
    bits.take(3)
    if not reduced:
        _pass_tools(bits)
    bits.take(3)
    return _read_config(bits, profile)


def _pass_operating_points(bits: _Bits) -> None:
    if bits.take():
        raise Malformed  # timing, which no still picture needs
    displayed = bits.take()
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take()
        if displayed and bits.take():
            bits.take(4)


def _pass_tools(bits: _Bits) -> None:
    bits.take(4)
    ordered = bits.take()
    if ordered:
        bits.take(2)
    screen = 2 if bits.take() else bits.take()
    if screen and not bits.take():
        bits.take()
    if ordered:
        bits.take(3)


def _read_config(bits: _Bits, profile: int) -> ColourConfig:
    deep = bits.take()
    if profile == 2 and deep:
        bits.take()
    grey = profile != 1 and bool(bits.take())
    primaries, transfer, matrix = (bits.take(8), bits.take(8), bits.take(8)) if bits.take() else (2, 2, 2)
    if not grey and (primaries, transfer, matrix) == (1, 13, 0):
        return ColourConfig(primaries, transfer, grey, full_range=True)
    return ColourConfig(primaries, transfer, grey, bool(bits.take()))
