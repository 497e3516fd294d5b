"""A TIFF of many pages shows its first; others get every page, and nothing that hides beside them."""

from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from albumen.imaging import Limits, Refused, Target, render, strip
from tests.tiffs import SIDE, Page, page, tiff

from .conftest import is_near, read_facts
from .test_metadata import SECRET

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def write(folder: Path, *pages: Page) -> Path:
    (folder / "source").write_bytes(tiff(*pages))
    return folder / "source"


def copied(source: Path) -> list[Image.Image]:
    copy = source.parent / "copy"
    strip(source, copy)
    assert SECRET not in copy.read_bytes()
    with Image.open(copy) as opened:
        return [frame.convert("RGB") for frame in ImageSequence.Iterator(opened)]


def test_every_page_is_copied_as_it_is(tmp_path: Path) -> None:
    tall = page(GREEN, t257=[SIDE // 2], t278=[SIDE // 2], blobs={270: SECRET})
    tall.strips = [tall.strips[0][: SIDE * SIDE * 3 // 2]]
    source = write(tmp_path, page(RED, blobs={270: SECRET}), tall, page((9000,), kind="H", photometric=1))
    assert read_facts(source).frames == 3
    first, second, third = copied(source)
    assert (first.size, second.size, third.size) == ((SIDE, SIDE), (SIDE, SIDE // 2), (SIDE, SIDE))
    assert (first.getpixel((3, 3)), second.getpixel((3, 3))) == (RED, GREEN)
    assert read_facts(tmp_path / "copy").frames == 3


def test_a_long_document_takes_no_longer_than_its_pages(tmp_path: Path) -> None:
    """Opened by its number, each page would cost a walk through all: 500 pages took more than a job may take."""
    source = write(tmp_path, *(page((number % 250, 0, 0)) for number in range(500)))
    assert render(source, [], webp=True)[0].frames == 500
    assert len(copied(source)) == 500


def test_first_page_is_shown(tmp_path: Path) -> None:
    source = write(tmp_path, page(BLUE), page(GREEN))
    render(source, [Target(tmp_path / "derivative", 16)], webp=False)
    with Image.open(tmp_path / "derivative") as opened:
        assert is_near(opened.getpixel((3, 3)), BLUE, 4)


@pytest.mark.parametrize("tags", [{"t254": [1]}, {"t254": [5]}, {"t254": [4]}, {"t255": [2]}])
def test_smaller_copies_and_masks_are_no_pages(tags: dict[str, list[int]], tmp_path: Path) -> None:
    source = write(tmp_path, page(RED), page(BLUE, blobs={270: SECRET}, **tags))
    assert read_facts(source).frames == 1
    assert len(copied(source)) == 1


def test_thumbnail_of_exif_is_no_page(tmp_path: Path) -> None:
    source = write(tmp_path, page(RED), page(BLUE, t259=[6], t513=[8], t514=[8]))
    assert read_facts(source).frames == 1


def test_thumbnails_in_sub_directories_stay_behind(tmp_path: Path) -> None:
    source = write(tmp_path, page(RED, children=[page(BLUE, t254=[1], blobs={270: SECRET})]))
    assert SECRET in source.read_bytes()
    assert [frame.getpixel((3, 3)) for frame in copied(source)] == [RED]


def test_each_page_of_the_copy_is_upright(tmp_path: Path) -> None:
    source = write(tmp_path, page(RED, BLUE, t274=[3]), page(RED, GREEN, t274=[2]))
    assert [frame.getpixel((3, 3)) for frame in copied(source)] == [BLUE, GREEN]


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_damaged_page_is_not_copied(orientation: int, tmp_path: Path) -> None:
    scene = Image.effect_noise((64, 64), 80)
    scene.save(tmp_path / "source", "TIFF", compression="tiff_lzw", tiffinfo={274: orientation})
    with Image.open(tmp_path / "source") as opened:
        at, length = opened.tag_v2[273][0], opened.tag_v2[279][0]
    content = bytearray((tmp_path / "source").read_bytes())
    content[at + length // 2 : at + length] = bytes(length - length // 2)
    (tmp_path / "source").write_bytes(content)
    with pytest.raises(Refused, match="undecodable"):
        strip(tmp_path / "source", tmp_path / "copy")


def test_orientation_of_a_bigtiff(tmp_path: Path) -> None:
    turned = Image.new("RGB", (30, 20), RED)
    turned.save(tmp_path / "source", "TIFF", tiffinfo={274: 6}, big_tiff=True)
    assert (tmp_path / "source").read_bytes()[:4] == b"II+\0"
    assert (read_facts(tmp_path / "source").width, read_facts(tmp_path / "source").height) == (20, 30)


def test_sizes_of_all_pages_count(tmp_path: Path, limits: object) -> None:
    limits(Limits(pixels=2 * SIDE * SIDE))
    assert read_facts(write(tmp_path, page(RED), page(GREEN))).frames == 2
    with pytest.raises(Refused, match="too_many_pixels"):
        read_facts(write(tmp_path, page(RED), page(GREEN), page(BLUE)))
