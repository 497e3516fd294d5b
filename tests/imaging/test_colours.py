"""Derivatives are 8 bit sRGB with the colours of the original, and keep its transparency."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from albumen.imaging import Target, render

from .conftest import CORNERS, corners_of, is_near, make_scene

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def make(source: Path, folder: Path, height: int = 40, *, webp: bool = False) -> Image.Image:
    _, made = render(source, [Target(folder / "derivative", height)], webp=webp)
    with Image.open(made[0].path) as opened:
        opened.load()
        return opened


@pytest.mark.parametrize("form", ["png", "webp", "gif", "avif", "heic", "tiff"])
@pytest.mark.parametrize("webp", [True, False])
def test_transparency_is_kept(form: str, webp: bool, save: Callable[..., Path], tmp_path: Path) -> None:
    picture = Image.new("RGBA", (80, 80), (200, 30, 30, 255))
    picture.paste((0, 255, 0, 0), (0, 0, 40, 80))
    shown = make(save(picture, form), tmp_path, webp=webp)
    assert shown.format == ("WEBP" if webp else "PNG")
    assert shown.mode == "RGBA"
    assert shown.getpixel((5, 20))[3] == 0
    assert is_near(shown.getpixel((35, 20)), (200, 30, 30, 255))


def test_hidden_colour_does_not_bleed(save: Callable[..., Path], tmp_path: Path) -> None:
    picture = Image.new("RGBA", (81, 81), (255, 0, 0, 255))
    picture.paste((0, 255, 0, 0), (0, 0, 40, 81))
    shown = make(save(picture, "png"), tmp_path)
    assert all(green < 20 for _, green, _, alpha in shown.get_flattened_data() if alpha > 60)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "I;16"])
def test_every_png_mode(mode: str, save: Callable[..., Path], tmp_path: Path) -> None:
    scene = make_scene(mode="L").point(lambda value: value * 257, "I").convert("I;16") if mode == "I;16" else None
    original = save(scene or make_scene(mode=mode), "png")
    shown = corners_of(_made(original, tmp_path))
    wanted = CORNERS if mode in {"P", "RGBA"} else [(grey, grey, grey) for grey in _greys(mode)]
    off = 80 if mode == "P" else 14
    assert all(is_near(found, colour, off) for found, colour in zip(shown, wanted, strict=True))


def _made(original: Path, folder: Path) -> Path:
    make(original, folder, 80)
    return folder / "derivative"


def _greys(mode: str) -> list[int]:
    with BytesIO() as buffer:
        make_scene(mode="L" if mode == "I;16" else mode).save(buffer, "PNG")
        with Image.open(buffer) as opened:
            grey = opened.convert("L")
    return [grey.getpixel(place) for place in ((30, 20), (90, 20), (30, 60), (90, 60))]


@pytest.mark.parametrize("form", ["jpeg", "tiff"])
def test_cmyk_becomes_srgb(form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    red = Image.new("CMYK", (80, 80), (0, 255, 255, 0))
    shown = make(save(red, form), tmp_path)
    assert shown.mode == "RGB"
    pixel = shown.getpixel((20, 20))
    assert pixel[0] > 180
    assert max(pixel[1:]) < 90


def test_broken_profile_is_dropped_and_the_picture_kept(save: Callable[..., Path], tmp_path: Path) -> None:
    original = save(make_scene(), "jpeg", icc_profile=SRGB[:200] + b"\x00" * 300)
    shown = corners_of(_made(original, tmp_path))
    assert all(is_near(found, wanted) for found, wanted in zip(shown, CORNERS, strict=True))


def test_profile_of_another_kind_is_dropped(save: Callable[..., Path], tmp_path: Path) -> None:
    original = save(make_scene(mode="L"), "jpeg", icc_profile=SRGB)
    assert is_near(make(original, tmp_path).getpixel((10, 10)), (make_scene(mode="L").getpixel((10, 10)),) * 3)


def test_profile_is_applied(save: Callable[..., Path], tmp_path: Path) -> None:
    swapped = bytearray(SRGB)
    # Red and green change their places in the profile's table of tags: the same bytes now mean the other colour.
    red, green = swapped.index(b"rXYZ"), swapped.index(b"gXYZ")
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    original = save(Image.new("RGB", (80, 80), (200, 30, 30)), "png", icc_profile=bytes(swapped))
    assert is_near(make(original, tmp_path).getpixel((20, 20)), (30, 200, 30), 20)


@pytest.mark.parametrize("form", ["gif", "webp", "png", "avif"])
def test_first_frame_is_shown(form: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in CORNERS]
    source = tmp_path / "film"
    frames[0].save(source, form.upper(), save_all=True, append_images=frames[1:])
    facts, _ = render(source, [], webp=True)
    assert facts.frames == 4
    assert is_near(make(source, tmp_path).convert("RGB").getpixel((20, 20)), CORNERS[0])
