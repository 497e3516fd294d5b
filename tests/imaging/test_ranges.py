"""Grey and transparency in the range of video, 16 to 235, are shown from black to white and from clear to opaque."""

from pathlib import Path

import pytest
from PIL import Image

from albumen.imaging import Target, render
from albumen.imaging.colour_signals import read_avif_signals
from tests import heif, pictures

from .conftest import read_facts

LEVELS = (0, 60, 128, 200, 255)


def bars() -> Image.Image:
    image = Image.new("L", (16 * len(LEVELS), 32))
    for number, level in enumerate(LEVELS):
        image.paste(level, (16 * number, 0, 16 * number + 16, 32))
    return image


def grey_avif(how: str) -> bytes:
    return pictures.encode(bars().convert("RGB"), "AVIF", quality=100, subsampling="4:0:0", range=how)


def levels(source: Path, band: int = 0) -> list[int]:
    target = source.with_name("shown")
    render(source, [Target(target, 32)], webp=False)
    with Image.open(target) as opened:
        return [opened.getpixel((16 * number + 8, 16))[band] for number in range(len(LEVELS))]


@pytest.mark.parametrize("how", ["limited", "full"])
@pytest.mark.parametrize("said", [True, False])
def test_grey_avif(how: str, said: bool, tmp_path: Path) -> None:
    content = grey_avif(how)
    source = tmp_path / "grey"
    # Without the property the stream itself says it.
    source.write_bytes(content if said else content.replace(b"colr", b"free"))
    assert levels(source) == pytest.approx(LEVELS, abs=2)


@pytest.mark.parametrize("how", ["limited", "full"])
def test_transparency_of_avif(how: str, tmp_path: Path) -> None:
    colour = heif.av1(pictures.encode(Image.new("RGB", bars().size, (200, 30, 30)), "AVIF"))
    alpha = heif.av1(grey_avif(how))
    alpha.properties.append(heif.full(b"auxC", 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"))
    alpha.refers[b"auxl"] = [1]
    source = tmp_path / "alpha"
    source.write_bytes(heif.assemble([colour, alpha], brand=b"avif"))
    assert read_facts(source).has_alpha
    assert levels(source, 3) == pytest.approx(LEVELS, abs=2)


@pytest.mark.parametrize("broken", [0, 1])
def test_a_sequence_header_that_cannot_be_read_leaves_the_other_plane_its_range(broken: int) -> None:
    planes = [heif.av1(grey_avif("limited")) for _ in range(2)]
    planes[1].properties.append(heif.full(b"auxC", 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"))
    planes[1].refers[b"auxl"] = [1]
    planes[broken].content = bytes(len(planes[broken].content))
    _, ranges = read_avif_signals(heif.assemble(planes, brand=b"avif"))
    assert (ranges.grey, ranges.alpha) == (broken != 0, broken != 1)


@pytest.mark.parametrize("depth", [8, 10])
def test_grey_heic(depth: int, tmp_path: Path) -> None:
    narrow = [[round((16 + level * 219 / 255) * 2 ** (depth - 8)) for level in row] for row in heif.rows(bars())]
    codes = heif.nclx(*heif.SRGB_CODES, full_range=False)
    source = tmp_path / "grey"
    source.write_bytes(heif.assemble([heif.coded([narrow], "L", depth, [codes], full_range=False)]))
    assert levels(source) == pytest.approx(LEVELS, abs=2)
