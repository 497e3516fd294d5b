"""Pictures made on the fly: a scene whose four corners differ, so that a turn or a flip shows."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pi_heif
import pytest
from PIL import Image

from albumen import imaging
from tests import heif

pi_heif.register_heif_opener()

SAVE_OPTIONS = {"jpeg": {"quality": 92, "subsampling": 0}, "avif": {"quality": 90}, "webp": {"lossless": True}}
FORMATS = ("jpeg", "png", "webp", "gif", "avif", "heic", "tiff")
CORNERS = ((200, 30, 30), (30, 180, 30), (30, 30, 200), (220, 220, 40))


def make_scene(width: int = 120, height: int = 80, mode: str = "RGB") -> Image.Image:
    """Red, green, blue and yellow quarters: top left, top right, bottom left, bottom right."""
    scene = Image.new("RGB", (width, height))
    for number, colour in enumerate(CORNERS):
        left, top = number % 2 * (width // 2), number // 2 * (height // 2)
        scene.paste(colour, (left, top, left + width - width // 2, top + height - height // 2))
    return scene.convert(mode)


def corners_of(path: Path) -> tuple[tuple[int, int, int], ...]:
    """The colours in the middle of the four quarters, as the bytes show them, without regard to any orientation."""
    with Image.open(path) as opened:
        shown = opened.convert("RGB")
    width, height = shown.size
    places = [(x * width // 4, y * height // 4) for y in (1, 3) for x in (1, 3)]
    return tuple(shown.getpixel(place) for place in places)


def read_facts(path: Path) -> imaging.Facts:
    """What a whole decode finds out about the file."""
    return imaging.render(path, [], webp=True)[0]


def is_near(found: tuple[int, ...], wanted: tuple[int, ...], off: int = 14) -> bool:
    return all(abs(one - other) <= off for one, other in zip(found, wanted, strict=True))


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Saves a Pillow picture in a format and gives its path."""

    def save_picture(picture: Image.Image, form: str = "jpeg", **options: object) -> Path:
        path = tmp_path / f"original.{form}"
        if form == "heic":
            path.write_bytes(heif.heic(picture, **options))
            return path
        picture.save(path, form.upper(), **{**SAVE_OPTIONS.get(form, {}), **options})
        return path

    return save_picture


@pytest.fixture(scope="session", autouse=True)
def _end_decoders() -> Iterator[None]:
    yield
    imaging.shutdown()


@pytest.fixture
def limits() -> Iterator[Callable[[imaging.Limits], None]]:
    """Sets other limits for one test."""
    yield imaging.configure
    imaging.configure(imaging.Limits())


@pytest.fixture
def two_decoders(limits: Callable[[imaging.Limits], None]) -> None:
    """A new pool of two decoders."""
    limits(imaging.Limits(decoders=2))


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that keeps its decoder at work until `let_go` writes to it: a named pipe."""
    path = tmp_path / "endless"
    os.mkfifo(path)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A sound JPEG of 60 x 40 pixels."""
    path = tmp_path / "small.jpg"
    Image.new("RGB", (60, 40), (10, 200, 30)).save(path)
    return path
