"""A TIFF's samples are what its tags say, whatever their place; and the copy for others shows the same."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from albumen.imaging import Target, render, strip
from tests.tiffs import Page, page, tiff

from .conftest import is_near, read_facts
from .test_colours import SRGB

BROWN, SAND = (128, 64, 32), (200, 150, 100)
ALPHA, ASSOCIATED, SPARE = 2, 1, 0


def shown(source: Path, folder: Path) -> list[Any]:
    """The two colours that a derivative shows, left and right, each with its alpha."""
    render(source, [Target(folder / "derivative", 16)], webp=False)
    with Image.open(folder / "derivative") as opened:
        pixels = opened.convert("RGBA")
    return [pixels.getpixel((3, 8)), pixels.getpixel((12, 8))]


def assert_shown(wanted: list[tuple[int, ...]], folder: Path, *pages: Page, order: str = "<", off: int = 3) -> None:
    """The derivative and the copy for others both show the two colours."""
    source = folder / "source"
    source.write_bytes(tiff(*pages, order=order))
    strip(source, folder / "copy")
    for file in (source, folder / "copy"):
        found = shown(file, folder)
        assert all(is_near(one, other, off) for one, other in zip(found, wanted, strict=True)), (file.name, found)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize(("kind", "unit"), [("B", 1), ("H", 257), ("I", 257 * 65_537)])
def test_unsigned_samples_of_every_width(kind: str, unit: int, planes: bool, order: str, tmp_path: Path) -> None:
    left, right = ([sample * unit for sample in colour] for colour in (BROWN, SAND))
    one = page(left, right, kind=kind, planes=planes, order=order)
    assert_shown([(*BROWN, 255), (*SAND, 255)], tmp_path, one, order=order)


@pytest.mark.parametrize(
    ("kinds", "extra", "alpha"),
    [
        ([SPARE], [0], 255),
        ([], [0], 255),
        ([ALPHA], [90], 90),
        ([ALPHA, SPARE], [90, 0], 90),
        ([SPARE, ALPHA], [0, 90], 90),
        ([SPARE, SPARE], [7, 0], 255),
        ([999], [90], 90),
    ],
)
@pytest.mark.parametrize("photometric", [1, 2])
def test_alpha_is_the_sample_that_is_marked(
    kinds: list[int], extra: list[int], alpha: int, photometric: int, tmp_path: Path
) -> None:
    colours = (BROWN, SAND) if photometric == 2 else ((64,), (200,))
    one = page(*([*colour, *extra] for colour in colours), photometric=photometric, t338=kinds or [SPARE])
    if not kinds:
        del one.tags[338]
    wanted = [(*(colour * 3)[:3], alpha) for colour in colours]
    assert_shown(wanted, tmp_path, one)
    assert read_facts(tmp_path / "source").has_alpha == (alpha != 255)


@pytest.mark.parametrize(("kinds", "more"), [([ASSOCIATED], []), ([ASSOCIATED, SPARE], [0])])
@pytest.mark.parametrize(("kind", "unit"), [("B", 1), ("H", 257)])
def test_premultiplied_colours_are_divided(
    kinds: list[int], more: list[int], kind: str, unit: int, tmp_path: Path
) -> None:
    stored = [[sample * unit * 128 // 255 for sample in colour] for colour in (BROWN, SAND)]
    one = page(*([*colour, 128 * unit, *more] for colour in stored), kind=kind, t338=kinds)
    assert_shown([(*BROWN, 128), (*SAND, 128)], tmp_path, one)


@pytest.mark.parametrize("kind", ["e", "f"])
def test_floats_without_a_profile_are_light(kind: str, tmp_path: Path) -> None:
    assert_shown([(188,) * 3 + (255,), (255,) * 4], tmp_path, page([0.5], [1.5], kind=kind, photometric=1))
    rgba = page([0.5, 0.0, 1.0, 0.5], [0.0, 0.5, 0.0, 1.0], kind=kind, t338=[ALPHA])
    assert_shown([(188, 0, 255, 128), (0, 188, 0, 255)], tmp_path, rgba)


@pytest.mark.parametrize("kind", ["e", "f"])
def test_floats_with_a_profile_follow_its_curve(kind: str, tmp_path: Path) -> None:
    one = page([0.5, 0.25, 0.125, 1.0], [0.8, 0.6, 0.4, 1.0], kind=kind, t338=[ASSOCIATED], blobs={34675: SRGB})
    assert_shown([(128, 64, 32, 255), (204, 153, 102, 255)], tmp_path, one, off=4)


def test_32_bit_samples_with_a_profile(tmp_path: Path) -> None:
    left, right = ([sample * 257 * 65_537 for sample in colour] for colour in (BROWN, SAND))
    assert_shown([(*BROWN, 255), (*SAND, 255)], tmp_path, page(left, right, kind="I", blobs={34675: SRGB}), off=4)


@pytest.mark.parametrize(("kind", "white"), [("B", 255), ("H", 65_535), ("I", 4_294_967_295)])
def test_zero_is_white_where_the_file_says_so(kind: str, white: int, tmp_path: Path) -> None:
    assert_shown([(255,) * 4, (0, 0, 0, 255)], tmp_path, page([0], [white], kind=kind, photometric=0))


@pytest.mark.parametrize(("kinds", "extra", "alpha"), [([], [], 255), ([SPARE], [0], 255), ([ALPHA], [90], 90)])
@pytest.mark.parametrize(("kind", "unit"), [("B", 1), ("H", 257)])
def test_cmyk_with_extra_samples(
    kinds: list[int], extra: list[int], alpha: int, kind: str, unit: int, tmp_path: Path
) -> None:
    inks = [[ink * unit for ink in (*inks, *extra)] for inks in ((0, 255, 255, 0), (0, 0, 0, 0))]
    one = page(*inks, kind=kind, photometric=5, **({"t338": kinds} if kinds else {}))
    assert_shown([(237, 28, 36, alpha), (255, 255, 255, alpha)], tmp_path, one, off=14)


@pytest.mark.parametrize(
    ("kind", "red", "grey"), [("B", (136, 81, 70), (137, 0, 0)), ("H", (35_000, 20_700, 17_900), (35_200, 0, 0))]
)
def test_lab_beside_an_alpha(kind: str, red: tuple[int, ...], grey: tuple[int, ...], tmp_path: Path) -> None:
    most = 255 if kind == "B" else 65_535
    one = page([*red, most], [*grey, most // 2], kind=kind, photometric=8, t338=[ALPHA])
    assert_shown([(254, 0, 0, 255), (128, 128, 128, 127)], tmp_path, one, off=8)


def test_16_bit_lab(tmp_path: Path) -> None:
    one = page([35_000, 20_700, 17_900], [35_200, 0, 0], kind="H", photometric=8)
    assert_shown([(254, 0, 0, 255), (128, 128, 128, 255)], tmp_path, one, off=8)


def test_a_wide_picture_stays_wide_in_the_copy(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(tiff(page([300], [301], kind="H", photometric=1)))
    strip(tmp_path / "source", tmp_path / "copy")
    with Image.open(tmp_path / "copy") as opened:
        assert (opened.mode, opened.getpixel((0, 0)), opened.getpixel((15, 0))) == ("I;16", 300, 301)
