"""HEIC: what phones and cameras send is decoded as it is meant, and its copy keeps the picture alone."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from albumen.imaging import Limits, Refused, Target, render, strip
from tests import heif
from tests.heif import box, full

from .conftest import CORNERS, corners_of, is_near, make_scene, read_facts
from .test_metadata import SECRET, private_exif

MIRROR = {0: Image.Transpose.FLIP_TOP_BOTTOM, 1: Image.Transpose.FLIP_LEFT_RIGHT}


def written(folder: Path, content: bytes) -> Path:
    path = folder / "original"
    path.write_bytes(content)
    return path


def shown(source: Path, height: int = 80) -> Image.Image:
    target = source.with_name("shown")
    render(source, [Target(target, height)], webp=False)
    with Image.open(target) as opened:
        opened.load()
        return opened


def is_scene(source: Path) -> bool:
    shown(source)
    return all(is_near(*pair) for pair in zip(corners_of(source.with_name("shown")), CORNERS, strict=True))


def refused(source: Path) -> Refused:
    with pytest.raises(Refused) as caught:
        render(source, [], webp=True)
    return caught.value


@pytest.mark.parametrize("depth", [8, 10, 12])
@pytest.mark.parametrize("size", [(120, 80), (121, 83)])
def test_every_depth(depth: int, size: tuple[int, int], tmp_path: Path) -> None:
    source = written(tmp_path, heif.heic(make_scene(*size), depth=depth))
    facts = read_facts(source)
    assert (facts.format, facts.width, facts.height, facts.frames) == ("heic", *size, 1)
    assert is_scene(source)


@pytest.mark.parametrize("depth", [8, 10, 12])
def test_grey(depth: int, tmp_path: Path) -> None:
    picture = shown(written(tmp_path, heif.heic(Image.new("L", (40, 40), 200), depth=depth)))
    assert is_near(picture.convert("RGB").getpixel((20, 20)), (200, 200, 200), 2)


def test_halved_chroma(tmp_path: Path) -> None:
    luma, *chroma = heif.planes_of(Image.new("RGB", (40, 40), (200, 30, 30)))
    halved = [[row[::2] for row in plane[::2]] for plane in chroma]
    item = heif.coded([luma, *halved], "420", 8, [heif.nclx(*heif.SRGB_CODES)])
    assert is_near(shown(written(tmp_path, heif.assemble([item]))).getpixel((20, 20)), (200, 30, 30), 3)


@pytest.mark.parametrize("depth", [8, 10])
def test_transparency(depth: int, tmp_path: Path) -> None:
    picture = Image.new("RGBA", (64, 64), (200, 30, 30, 255))
    picture.paste((200, 30, 30, 0), (0, 0, 32, 64))
    source = written(tmp_path, heif.heic(picture, depth=depth))
    assert read_facts(source).has_alpha
    assert [shown(source).getpixel((x, 20))[3] for x in (5, 60)] == [0, 255]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mirror", [None, 0, 1])
def test_the_files_own_turn_and_mirror_count_and_not_those_of_exif(
    turns: int, mirror: int | None, tmp_path: Path
) -> None:
    # What is undone here is done by the properties, in their order: first mirrored, then turned anticlockwise.
    stored = make_scene(120, 80).rotate(-90 * turns, expand=True)
    properties = [box(b"irot", bytes((turns,)))] if turns else []
    if mirror is not None:
        stored = stored.transpose(MIRROR[mirror])
        properties.insert(0, box(b"imir", bytes((mirror,))))
    exif = private_exif(orientation=6).tobytes()
    source = written(tmp_path, heif.heic(stored, properties=properties, exif=exif))
    assert (read_facts(source).width, read_facts(source).height) == (120, 80)
    assert read_facts(source).taken_at == "2024-05-06T07:08:09"
    assert is_scene(source)
    strip(source, tmp_path / "copy")
    assert is_scene(tmp_path / "copy")


def test_tiles_are_put_together(tmp_path: Path) -> None:
    scene = make_scene(120, 80)
    tiles = [heif.coded(heif.planes_of(scene.crop((x, y, x + 64, y + 48)))) for y in (0, 48) for x in (0, 64)]
    layout = struct.pack(">BBBBHH", 0, 0, 1, 1, 120, 80)
    size = full(b"ispe", 0, struct.pack(">II", 120, 80))
    grid = heif.Item(b"grid", layout, [size, heif.nclx(*heif.SRGB_CODES)], {b"dimg": [1, 2, 3, 4]})
    source = written(tmp_path, heif.assemble([*tiles, grid], primary=5))
    assert (read_facts(source).width, read_facts(source).height) == (120, 80)
    assert is_scene(source)
    strip(source, tmp_path / "copy")
    assert is_scene(tmp_path / "copy")


@pytest.mark.parametrize("primary", [1, 2, 3])
def test_of_several_pictures_the_primary_one_is_shown(primary: int, tmp_path: Path) -> None:
    items = [heif.coded(heif.planes_of(Image.new("RGB", (40, 40), colour))) for colour in CORNERS[:3]]
    source = written(tmp_path, heif.assemble(items, primary=primary))
    assert is_near(shown(source).getpixel((20, 20)), CORNERS[primary - 1])


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"heim"])
def test_brands(brand: bytes, tmp_path: Path) -> None:
    assert is_scene(written(tmp_path, heif.heic(make_scene(), brand=brand)))


def test_a_sequence_is_its_still_picture(tmp_path: Path) -> None:
    moov = box(b"moov", box(b"mvhd", bytes(100)), box(b"udta", SECRET))
    source = written(tmp_path, heif.heic(make_scene(), brand=b"hevc", behind=moov))
    assert read_facts(source).frames == 1
    strip(source, tmp_path / "copy")
    copy = (tmp_path / "copy").read_bytes()
    assert b"moov" not in copy
    assert b"hevc" not in copy
    assert is_scene(tmp_path / "copy")


def test_the_video_of_a_motion_photo_is_neither_kept_nor_padded_over(tmp_path: Path) -> None:
    video = box(b"mpvd", box(b"ftyp", b"mp42"), SECRET * 50_000) + box(b"sefd", SECRET)
    source = written(tmp_path, heif.heic(make_scene(), behind=video))
    strip(source, tmp_path / "copy")
    assert SECRET not in (tmp_path / "copy").read_bytes()
    assert (tmp_path / "copy").stat().st_size < source.stat().st_size - 500_000
    assert is_scene(tmp_path / "copy")


def test_too_large_by_its_header(tmp_path: Path, limits: Callable[[Limits], None]) -> None:
    limits(Limits(pixels=120 * 80 - 1))
    assert refused(written(tmp_path, heif.heic(make_scene()))).code == "too_many_pixels"


def test_cut_short(tmp_path: Path) -> None:
    content = heif.heic(make_scene())
    for end in (40, 400, len(content) // 2, len(content) - 1):
        assert refused(written(tmp_path, content[:end])).code == "truncated"


def test_damaged(tmp_path: Path) -> None:
    content = bytearray(heif.heic(make_scene()))
    at = content.index(b"mdat") + 4
    content[at + 4 : at + 400] = bytes(396)
    assert refused(written(tmp_path, content)).code == "undecodable"


def test_what_is_no_hevc_is_named(tmp_path: Path) -> None:
    content = heif.heic(make_scene()).replace(b"hvc1", b"j2k1")
    found = refused(written(tmp_path, content))
    assert found.code == "unsupported_format"
    assert "JPEG 2000" in found.detail


def test_a_sequence_without_a_still_picture_is_named(tmp_path: Path) -> None:
    content = box(b"ftyp", b"hevc", bytes(4), b"hevc") + box(b"moov", box(b"mvhd", bytes(100)))
    found = refused(written(tmp_path, content))
    assert found.code == "unsupported_format"
    assert "sequence" in found.detail


def test_no_copy_no_picture(tmp_path: Path) -> None:
    # An item that lies within another item (construction method 2) cannot be followed.
    content = heif.heic(make_scene())
    method = content.index(b"iloc") + 12 + 3
    assert refused(written(tmp_path, content[:method] + b"\x02" + content[method + 1 :])).code in {
        "undecodable",
        "unsupported_format",
    }


def test_no_copy_no_picture_in_avif_either(save: Callable[..., Path]) -> None:
    source = save(make_scene(), "avif")
    # Which of two item boxes counts is not said anywhere.
    source.write_bytes(source.read_bytes() + box(b"meta", bytes(4)))
    assert refused(source).code == "unsupported_format"


@pytest.mark.parametrize("said", [(100, 60), (0, 80), (120, 0), (240, 160)])
def test_another_size_than_the_header_says(said: tuple[int, int], tmp_path: Path) -> None:
    content = heif.heic(make_scene()).replace(struct.pack(">II", 120, 80), struct.pack(">II", *said))
    assert refused(written(tmp_path, content)).code == "undecodable"
