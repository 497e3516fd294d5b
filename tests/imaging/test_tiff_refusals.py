"""A TIFF that cannot be shown right is refused in words that say why, and never comes out black."""

import io
import random
import zlib
from pathlib import Path

import pytest
from PIL import Image, features

from albumen.imaging import Refused, Target, render
from tests.tiffs import SIDE, Page, page, tiff

from .conftest import make_scene, read_facts

GREY = ([64], [100])
RGB = ([128, 64, 32], [200, 150, 100])


def refused(content: bytes, folder: Path) -> Refused:
    (folder / "source").write_bytes(content)
    with pytest.raises(Refused) as caught:
        render(folder / "source", [Target(folder / "derivative", 16)], webp=False)
    assert not (folder / "derivative").exists()
    return caught.value


def assert_unsupported(words: str, folder: Path, *pages: Page) -> None:
    refusal = refused(tiff(*pages), folder)
    assert refusal.code == "unsupported_format"
    assert words in refusal.detail
    with pytest.raises(Refused, match="unsupported_format"):
        read_facts(folder / "source")


@pytest.mark.parametrize(
    ("compression", "name"),
    [
        (6, "old-style JPEG"),
        (34_661, "JBIG"),
        (34_712, "JPEG 2000"),
        (34_887, "LERC"),
        (34_925, "LZMA"),
        (34_933, "PNG"),
        (50_000, "Zstandard"),
        (50_002, "JPEG XL"),
        (65_000, "method 65000"),
    ],
)
def test_compression_that_this_build_lacks(compression: int, name: str, tmp_path: Path) -> None:
    assert_unsupported(f"compressed with {name}", tmp_path, page(*RGB, t259=[compression]))
    assert_unsupported("Page 2 of the TIFF", tmp_path, page(*RGB), page(*GREY, photometric=1, t259=[compression]))


@pytest.mark.parametrize(
    "one",
    [
        *(page(*GREY, photometric=1, t258=[bits]) for bits in (3, 5, 6, 7, 10, 12, 14, 24, 64)),
        *(page(*RGB, t258=[bits] * 3) for bits in (1, 2, 4, 10, 12, 24)),
        *(page(*GREY, kind=kind, photometric=1) for kind in "bhi"),
        page([0.5], [1.0], kind="d", photometric=1),
        page([0.5], [1.0], kind="f", photometric=0),
        page([1] * 2, [2] * 2, kind="f", photometric=1, t338=[1]),
        page(*GREY, kind="I", photometric=1, t339=[5]),
        page(*GREY, photometric=4),
        page(*RGB, photometric=6, t530=[1, 1]),
        page(*RGB, photometric=6, planes=True),
        page(*RGB, photometric=8),
        page(*RGB, photometric=9),
        page(*RGB, photometric=32_845),
        page(*RGB, t258=[8, 8, 16]),
        page(*RGB, planes=True, t322=[16], t323=[16]),
        page([9, 0], [9, 0], photometric=1, planes=True),
        page([9] * 4, [9] * 4, kind="H", photometric=5, t338=[1], t277=[5]),
        page([9] * 4, [9] * 4, photometric=5, t332=[2]),
        page([0.5] * 4, [0.1] * 4, kind="f", photometric=5),
        page(*RGB, t277=[2]),
        page([9] * 5, [9] * 5, t338=[1, 1]),
        page(*GREY, photometric=1, kind="H", t259=[7]),
        page(*RGB, t259=[8], t317=[34_892]),
    ],
    ids=str,
)
def test_samples_that_are_not_understood(one: Page, tmp_path: Path) -> None:
    assert_unsupported("which cannot be shown here; send it as JPEG or PNG.", tmp_path, one)


def test_colours_that_the_file_does_not_name(tmp_path: Path) -> None:
    one = page(*RGB)
    del one.tags[262]
    assert_unsupported("does not say what its colours are", tmp_path, one)


@pytest.mark.parametrize(
    "one",
    [
        page(*RGB, t254=[1]),
        page(*RGB, t255=[2]),
        page(*RGB, children=[page(*GREY, photometric=32_803)]),
        page(*RGB, children=[page(*RGB, photometric=34_892)]),
        page(*RGB, t50706=[1, 4, 0, 0]),
        page(*GREY, photometric=32_803, t259=[34_713]),
    ],
    ids=["thumbnail first", "thumbnail first, old tag", "sensor", "linear sensor", "DNG", "sensor first"],
)
def test_raw_file_of_a_camera(one: Page, tmp_path: Path) -> None:
    refusal = refused(tiff(one), tmp_path)
    assert refusal.code == "unsupported_format"
    assert "raw file" in refusal.detail


def test_sensor_behind_a_preview(tmp_path: Path) -> None:
    assert "raw file" in refused(tiff(page(*RGB), page(*GREY, photometric=32_803)), tmp_path).detail


@pytest.mark.parametrize(
    "head",
    [
        b"II*\x00\x10\x00\x00\x00CR\x02\x00",
        b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom",
        b"II\x1a\x00\x00\x00HEAPCCDR",
        b"IIU\x00\x18\x00\x00\x00",
        b"IIRO\x08\x00\x00\x00",
        b"IIRS\x08\x00\x00\x00",
        b"MMOR\x00\x00\x00\x08",
        b"\x00MRM\x00\x0a\x0c\x00",
        b"FOVb\x02\x00\x02\x00",
        b"FUJIFILMCCD-RAW 0201",
        b"II*\x00\x80\x0a\x00\x00IIIICwaR",
        b"MM\x00*\x00\x00\x0a\x80MMMMRawT",
        b"\x00" * 25 + b"ARECOYK",
    ],
)
def test_raw_file_by_its_first_bytes(head: bytes, tmp_path: Path) -> None:
    refusal = refused(head + bytes(400), tmp_path)
    assert refusal.code == "unsupported_format"
    assert "raw file" in refusal.detail


def test_sub_directory_behind_the_end_of_a_file_that_is_cut(tmp_path: Path) -> None:
    content = tiff(page(*RGB, t330=[2_000_000]))
    assert refused(content, tmp_path).code == "truncated"


@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("how", ["cut", "turned", "sum", "empty"])
def test_damaged_deflate(how: str, tiled: bool, tmp_path: Path) -> None:
    good = zlib.compress(bytes(range(256)) * (SIDE * SIDE * 6 // 256))
    damaged = {
        "cut": good[:-20] + bytes(20),
        "turned": good[:40] + bytes(byte ^ 0x5A for byte in good[40:60]) + good[60:],
        "sum": good[:-1] + bytes((good[-1] ^ 1,)),
        "empty": zlib.compress(b""),
    }[how]
    tiles = {"t322": [SIDE], "t323": [SIDE]} if tiled else {}
    one = page(*([0] * 3 for _ in range(2)), kind="H", t259=[8], **tiles)
    one.strips = [good]
    (tmp_path / "source").write_bytes(tiff(one))
    render(tmp_path / "source", [], webp=True)
    one.strips = [damaged]
    assert refused(tiff(one), tmp_path).code == "undecodable"
    assert refused(tiff(page(*GREY, photometric=1), one), tmp_path).code == "undecodable"


@pytest.mark.parametrize("tiled", [False, True])
def test_deflate_that_libtiff_does_not_read_to_its_end(tiled: bool, tmp_path: Path) -> None:
    """Behind zeros there are pixels enough, so that only the checksum tells."""
    good = zlib.compress(random.Random(1).randbytes(SIDE * SIDE) * 6)
    tiles = {"t322": [SIDE], "t323": [SIDE]} if tiled else {}
    one = page([0] * 3, [0] * 3, kind="H", t259=[8], **tiles)
    for damaged in (good[: len(good) // 2] + bytes(len(good) // 2), good[:-4], good[:-4] + b"0000"):
        one.strips = [damaged]
        assert refused(tiff(one), tmp_path).code == "undecodable"


@pytest.mark.parametrize(("planes", "tiled"), [(False, False), (True, False), (False, True)])
def test_strips_that_are_too_short_or_missing(planes: bool, tiled: bool, tmp_path: Path) -> None:
    tiles = {"t322": [SIDE], "t323": [SIDE]} if tiled else {}
    one = page(*RGB, planes=planes, **tiles)
    whole = one.strips
    for strips in ([strip[:90] for strip in whole], whole[1:]):
        one.strips = strips
        assert refused(tiff(one), tmp_path).code == "undecodable"


def test_jpeg_strip_without_its_end(tmp_path: Path) -> None:
    with io.BytesIO() as buffer:
        make_scene(SIDE, SIDE).save(buffer, "JPEG")
        good = buffer.getvalue()
    one = page(*RGB, photometric=6, t259=[7], t530=[2, 2])
    one.strips = [good]
    (tmp_path / "source").write_bytes(tiff(one))
    render(tmp_path / "source", [], webp=True)
    one.strips = [good[:-2]]
    assert refused(tiff(one), tmp_path).code == "undecodable"


def test_tiles_of_a_size_that_is_not_read(tmp_path: Path) -> None:
    one = page(*RGB, t322=[8], t323=[8])
    one.strips = [one.strips[0][: 8 * 8 * 3]] * 4
    refusal = refused(tiff(one), tmp_path)
    assert (refusal.code, "save it again" in refusal.detail) == ("unsupported_format", True)


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "group4", "tiff_adobe_deflate"])
@pytest.mark.skipif(not features.check("libtiff"), reason="Pillow writes these with libtiff")
def test_damaged_strips(compression: str, tmp_path: Path) -> None:
    scene = Image.effect_noise((64, 64), 80).convert("1" if compression == "group4" else "RGB")
    scene.save(tmp_path / "good", "TIFF", compression=compression)
    render(tmp_path / "good", [], webp=True)
    with Image.open(tmp_path / "good") as opened:
        at, length = opened.tag_v2[273][0], opened.tag_v2[279][0]
    content = bytearray((tmp_path / "good").read_bytes())
    content[at : at + length] = bytes(byte ^ 0x5A for byte in content[at : at + length])
    assert refused(bytes(content), tmp_path).code == "undecodable"


def test_private_tag_that_libtiff_does_not_expect_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(tiff(page(*RGB, blobs={0: b"odd", 32_934: b"\x01"})))
    assert render(tmp_path / "source", [], webp=True)[0].format == "tiff"


@pytest.mark.parametrize("planes", [False, True])
def test_strip_of_more_than_50_mebibytes(planes: bool, tmp_path: Path) -> None:
    side = 7_500
    samples = 3 if planes else 1
    one = page([0] * samples, [0] * samples, photometric=2 if planes else 1, planes=planes)
    one.tags |= {256: [side], 257: [side], 278: [side], 259: [8]}
    one.strips = [zlib.compress(bytes(side * side), 1)] * samples
    (tmp_path / "source").write_bytes(tiff(one))
    assert render(tmp_path / "source", [], webp=True)[0].width == side


def test_scene_of_every_compression_that_is_taken(tmp_path: Path) -> None:
    for compression in ("tiff_lzw", "packbits", "jpeg", "tiff_deflate", "tiff_adobe_deflate", None):
        make_scene().save(tmp_path / "source", "TIFF", compression=compression)
        assert render(tmp_path / "source", [], webp=True)[0].width == 120
