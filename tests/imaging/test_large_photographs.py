"""Large photographs have the fast encoder and the fast placeholder; what these make looks like the photograph."""

import base64
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from albumen.imaging import Target, render


def make_photograph(width: int, height: int) -> Image.Image:
    """A picture with soft and sharp places in each of its channels."""
    bands = (
        Image.linear_gradient("L"),
        Image.radial_gradient("L"),
        Image.effect_mandelbrot((256, 256), (-2, -1.5, 1, 1.5), 60),
    )
    return Image.merge("RGB", bands).resize((width, height))


def error_of(shown: Image.Image, wanted: Image.Image) -> float:
    """The root of the mean square of the differences, in the band where it is largest; of 255."""
    return max(ImageStat.Stat(ImageChops.difference(shown.convert("RGB"), wanted)).rms)


@pytest.mark.parametrize("height", [200, 400, 800])
def test_a_thumbnail_looks_like_the_photograph(height: int, save: Callable[..., Path], tmp_path: Path) -> None:
    photograph = make_photograph(1600, 1200)
    target = Target(tmp_path / "thumbnail", height)
    render(save(photograph, "jpeg"), [target], webp=True)
    with Image.open(target.path) as opened:
        assert opened.format == "WEBP"
        assert error_of(opened, photograph.resize(opened.size, Image.Resampling.LANCZOS)) < 10


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1600, 1200), (16, 12)), ((1200, 1600), (12, 15)), ((4000, 40), (16, 1)), ((8, 4000), (1, 16))],
)
def test_a_placeholder_looks_like_the_photograph(
    size: tuple[int, int], expected: tuple[int, int], save: Callable[..., Path], tmp_path: Path
) -> None:
    photograph = make_photograph(*size)
    facts, _ = render(save(photograph, "jpeg"), [Target(tmp_path / "thumbnail", 200)], webp=True)
    with Image.open(BytesIO(base64.b64decode(facts.placeholder.partition(",")[2]))) as opened:
        assert opened.size == expected
        assert error_of(opened, photograph.resize(opened.size, Image.Resampling.BOX)) < 16
