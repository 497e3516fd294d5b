"""Every derivative stands upright, whatever the camera's orientation says."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from albumen.imaging import Target, render, strip

from .conftest import CORNERS, corners_of, is_near, make_scene, read_facts

# How a camera stores an upright scene when it notes that orientation (Exif 2.32, tag 274).
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
    9: None,
}


def store(orientation: int, form: str, save: Callable[..., Path]) -> Path:
    how = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    scene = make_scene(120, 80)
    stored = scene if how is None else scene.transpose(how)
    return save(stored, form, exif=exif) if form != "tiff" else save(stored, form, tiffinfo={0x0112: orientation})


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "tiff"])
def test_derivative_is_upright(orientation: int, form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    original = store(orientation, form, save)
    facts, made = render(original, [Target(tmp_path / "big", 80), Target(tmp_path / "small", 40)], webp=False)
    assert (facts.width, facts.height) == (120, 80)
    for one in made:
        assert all(is_near(found, wanted) for found, wanted in zip(corners_of(one.path), CORNERS, strict=True))


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "tiff"])
def test_stripped_copy_is_shown_upright(
    orientation: int, form: str, save: Callable[..., Path], tmp_path: Path
) -> None:
    strip(store(orientation, form, save), tmp_path / "copy")
    assert read_facts(tmp_path / "copy").width == 120
    render(tmp_path / "copy", [Target(tmp_path / "shown", 80)], webp=False)
    shown = corners_of(tmp_path / "shown")
    assert all(is_near(found, wanted) for found, wanted in zip(shown, CORNERS, strict=True))


def test_avif_is_not_turned_twice(save: Callable[..., Path], tmp_path: Path) -> None:
    original = store(6, "avif", save)
    assert b"irot" in original.read_bytes(), "Pillow writes the orientation as the format's own rotation"
    facts, _ = render(original, [Target(tmp_path / "shown", 80)], webp=False)
    assert (facts.width, facts.height) == (120, 80)
    shown = corners_of(tmp_path / "shown")
    assert all(is_near(found, wanted) for found, wanted in zip(shown, CORNERS, strict=True))
