"""A derivative is exactly as large as the caller can work out beforehand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from albumen.imaging import Target, fit_box, fit_height, render

SIDES = st.integers(1, 20_000)


@pytest.mark.parametrize(
    ("size", "wanted", "expected"),
    [
        ((4000, 3000), 400, (533, 400)),
        ((3, 2), 1, (2, 1)),
        ((100, 50), 400, (100, 50)),
        ((1, 20_000), 400, (1, 400)),
        ((20_000, 16), 16, (16_383, 13)),
        ((20_000, 1), 16, (16_383, 1)),
    ],
)
def test_height_is_fitted(size: tuple[int, int], wanted: int, expected: tuple[int, int]) -> None:
    assert fit_height(*size, wanted) == expected


@given(SIDES, SIDES, st.integers(16, 4096))
def test_fitted_height_never_enlarges_and_always_fits_webp(width: int, height: int, wanted: int) -> None:
    fitted = fit_height(width, height, wanted)
    assert 1 <= fitted[0] <= min(width, 16_383)
    assert 1 <= fitted[1] <= min(height, wanted)


@given(SIDES, SIDES, st.integers(16, 4096))
def test_box_holds_the_picture_and_touches_it(width: int, height: int, box: int) -> None:
    fitted = fit_box(width, height, box)
    assert max(fitted) == min(box, max(width, height))
    assert min(fitted) >= 1


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (37, 1009), (999, 401), (1013, 757), (20_000, 16), (16, 20_000)])
@pytest.mark.parametrize("form", ["jpeg", "png"])
@pytest.mark.parametrize("webp", [True, False])
def test_derivatives_have_the_fitted_size(
    size: tuple[int, int], form: str, webp: bool, save: Callable[..., Path], tmp_path: Path
) -> None:
    original = save(Image.new("RGB", size, (90, 120, 150)), form)
    wanted = [Target(tmp_path / str(height), height) for height in (16, 200, 400, 399, 4096)]
    wanted.append(Target(tmp_path / "box", 64, box=True))
    _, made = render(original, wanted, webp=webp)
    for target, one in zip(wanted, made, strict=True):
        expected = (fit_box if target.box else fit_height)(*size, target.height)
        with Image.open(target.path) as opened:
            assert (one.path, one.format) == (target.path, "webp" if webp else "jpeg")
            assert (one.width, one.height) == opened.size == expected


def test_one_size_asked_twice_is_made_twice(save: Callable[..., Path], tmp_path: Path) -> None:
    original = save(Image.new("RGB", (100, 50)))
    _, made = render(original, [Target(tmp_path / "a", 400), Target(tmp_path / "b", 200)], webp=True)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert [one.height for one in made] == [50, 50]
