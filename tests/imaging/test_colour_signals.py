"""Thumbnails are sRGB also where a file gives its colours as numbers: CICP in PNG, AVIF and HEIC, gAMA with cHRM."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from albumen.imaging import Target, render, strip
from tests import heif

from .conftest import is_near
from .test_colours import SRGB
from .test_strip import png_chunk

COLOUR = (200, 100, 50)
# Primaries, transfer, and the colour above in sRGB, by H.273 and IEC 61966-2-1; PQ and HLG by BT.2390 for 203 of
# 1,000 cd/m2.
CODES = [
    (1, 13, COLOUR),
    (2, 2, COLOUR),
    (1, 1, COLOUR),
    (6, 6, COLOUR),
    (1, 8, (229, 168, 122)),
    (1, 4, (200, 99, 47)),
    (12, 13, (215, 93, 31)),
    (9, 13, (241, 76, 30)),
    (9, 16, (255, 57, 0)),
    (1, 16, (255, 107, 27)),
    (1, 18, (229, 113, 56)),
]
GREYS = [
    (16, {0: 0, 50: 27, 100: 107, 148: 229, 192: 254, 255: 255}),
    (18, {0: 0, 50: 45, 128: 137, 191: 229, 255: 255}),
    (8, {0: 0, 55: 128, 128: 188, 255: 255}),
]
P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
BT709 = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
PROPHOTO = (34570, 35850, 73470, 26530, 15960, 84040, 3660, 10)


def pixel(source: Path) -> tuple[int, ...]:
    target = source.with_name("shown")
    render(source, [Target(target, 20)], webp=False)
    with Image.open(target) as opened:
        return opened.convert("RGB").getpixel((10, 10))


def png_with(path: Path, colour: tuple[int, int, int], *chunks: bytes) -> Path:
    Image.new("RGB", (40, 40), colour).save(path, "PNG")
    content = path.read_bytes()
    path.write_bytes(content[:33] + b"".join(chunks) + content[33:])
    return path


def coded(form: str, folder: Path, colour: tuple[int, int, int], primaries: int, transfer: int) -> Path:
    """A picture of one colour with those two numbers; its own matrix stays as it is."""
    path = folder / f"coded.{form}"
    if form == "png":
        return png_with(path, colour, png_chunk(b"cICP", bytes((primaries, transfer, 0, 1))))
    picture = Image.new("RGB", (40, 40), colour)
    if form == "heic":
        item = heif.coded(heif.planes_of(picture), properties=[heif.nclx(primaries, transfer, 6)])
        path.write_bytes(heif.assemble([item]))
        return path
    picture.save(path, "AVIF", quality=100, subsampling="4:4:4")
    content = path.read_bytes()
    at = content.index(b"nclx") + 4
    path.write_bytes(content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :])
    return path


@pytest.mark.parametrize("form", ["png", "avif", "heic"])
@pytest.mark.parametrize(("primaries", "transfer", "wanted"), CODES)
def test_numbers_of_h273(
    form: str, primaries: int, transfer: int, wanted: tuple[int, int, int], tmp_path: Path
) -> None:
    source = coded(form, tmp_path, COLOUR, primaries, transfer)
    assert is_near(pixel(source), wanted, 4)
    strip(source, tmp_path / "copy")
    assert is_near(pixel(tmp_path / "copy"), wanted, 4)


@pytest.mark.parametrize(("transfer", "greys"), GREYS)
def test_greys_keep_their_order_and_white_its_place(transfer: int, greys: dict[int, int], tmp_path: Path) -> None:
    for code, wanted in greys.items():
        source = coded("png", tmp_path, (code, code, code), 9, transfer)
        assert is_near(pixel(source), (wanted,) * 3, 3)


@pytest.mark.parametrize("depth", [10, 12])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_deep_pictures(mode: str, depth: int, tmp_path: Path) -> None:
    grey = Image.new(mode, (40, 40), 148 if mode == "L" else (148, 148, 148))
    item = heif.coded(heif.planes_of(grey, depth), "L" if mode == "L" else "444", depth, [heif.nclx(9, 16, 9)])
    source = tmp_path / "deep"
    source.write_bytes(heif.assemble([item]))
    assert is_near(pixel(source), (229, 229, 229), 3)


def test_narrow_range(tmp_path: Path) -> None:
    cicp = png_chunk(b"cICP", bytes((1, 13, 0, 0)))
    assert is_near(pixel(png_with(tmp_path / "narrow", (16, 235, 126), cicp)), (0, 255, 128), 2)


def gamma(value: int) -> bytes:
    return png_chunk(b"gAMA", struct.pack(">I", value))


def chromaticities(values: tuple[int, ...]) -> bytes:
    return png_chunk(b"cHRM", struct.pack(">8I", *values))


@pytest.mark.parametrize(
    ("chunks", "wanted"),
    [
        ([gamma(45455), chromaticities(BT709)], COLOUR),
        ([gamma(100_000), chromaticities(BT709)], (229, 168, 122)),
        ([gamma(45455), chromaticities(P3)], (215, 92, 26)),
        ([gamma(55556), chromaticities(PROPHOTO)], (255, 81, 49)),
        ([gamma(100_000)], COLOUR),
        ([chromaticities(P3)], COLOUR),
        ([png_chunk(b"sRGB", b"\x00"), gamma(100_000), chromaticities(P3)], COLOUR),
        ([gamma(100_000), chromaticities(P3), png_chunk(b"cICP", bytes((1, 13, 0, 1)))], COLOUR),
        ([gamma(0), chromaticities(P3)], COLOUR),
        ([gamma(45455), chromaticities((0,) * 8)], COLOUR),
    ],
)
def test_gamma_and_chromaticities_of_png(chunks: list[bytes], wanted: tuple[int, int, int], tmp_path: Path) -> None:
    assert is_near(pixel(png_with(tmp_path / "png", COLOUR, *chunks)), wanted, 4)


def test_in_png_the_numbers_come_before_a_profile(save: Callable[..., Path]) -> None:
    source = save(Image.new("RGB", (40, 40), COLOUR), "png", icc_profile=SRGB)
    content = source.read_bytes()
    source.write_bytes(content[:33] + png_chunk(b"cICP", bytes((12, 13, 0, 1))) + content[33:])
    assert is_near(pixel(source), (215, 93, 31), 4)


@pytest.mark.parametrize("form", ["avif", "heic"])
def test_in_heif_a_profile_comes_before_the_numbers(form: str, save: Callable[..., Path]) -> None:
    source = save(Image.new("RGB", (40, 40), COLOUR), form, icc_profile=SRGB)
    content = source.read_bytes()
    at = content.index(b"nclx") + 4
    source.write_bytes(content[:at] + struct.pack(">HH", 12, 16) + content[at + 4 :])
    assert is_near(pixel(source), COLOUR, 6)


def test_transparency_is_not_a_colour(tmp_path: Path) -> None:
    source = tmp_path / "png"
    Image.new("RGBA", (40, 40), (*COLOUR, 77)).save(source, "PNG")
    content = source.read_bytes()
    source.write_bytes(content[:33] + png_chunk(b"cICP", bytes((12, 13, 0, 1))) + content[33:])
    render(source, [Target(tmp_path / "shown", 20)], webp=False)
    with Image.open(tmp_path / "shown") as opened:
        assert is_near(opened.getpixel((10, 10)), (215, 93, 31, 77), 3)
