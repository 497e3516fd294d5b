"""What is damaged is refused, what is sound but cannot be decoded is not called damaged, and the rest comes in."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from albumen.imaging import Refused, Target, render
from tests import heif

from .conftest import make_scene, read_facts
from .test_colours import SRGB
from .test_refusals import animate, refused


def with_wrong_checksum(content: bytes, kind: bytes) -> bytes:
    """A PNG whose first chunk of that type has one bit of its checksum changed."""
    at = content.index(kind) - 4
    checksum = at + 8 + int.from_bytes(content[at : at + 4], "big")
    return content[:checksum] + bytes([content[checksum] ^ 1]) + content[checksum + 1 :]


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE", b"IDAT", b"IEND"])
@pytest.mark.parametrize("interlace", [0, 1])
def test_png_with_a_wrong_checksum_is_refused(kind: bytes, interlace: int, save: Callable[..., Path]) -> None:
    source = save(make_scene().quantize(16), "png", interlace=interlace)
    source.write_bytes(with_wrong_checksum(source.read_bytes(), kind))
    assert refused(source, render_too=True) == "undecodable"


@pytest.mark.parametrize("kind", [b"acTL", b"fcTL", b"fdAT"])
def test_later_frame_with_a_wrong_checksum_is_refused(kind: bytes, tmp_path: Path) -> None:
    source = animate(tmp_path / "film.png", "png", 3)
    source.write_bytes(with_wrong_checksum(source.read_bytes(), kind))
    assert refused(source, render_too=True) == "undecodable"


@pytest.mark.parametrize("kind", [b"iCCP", b"pHYs", b"tEXt"])
def test_png_is_taken_with_a_wrong_checksum_where_no_pixel_is(kind: bytes, save: Callable[..., Path]) -> None:
    from PIL import PngImagePlugin

    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "somebody")
    source = save(make_scene(), "png", icc_profile=SRGB, dpi=(72, 72), pnginfo=texts)
    source.write_bytes(with_wrong_checksum(source.read_bytes(), kind))
    assert render(source, [], webp=True)[0].width == 120


def with_frame_header(content: bytes, marker: int, bits: int = 8, components: int = 3) -> bytes:
    """A JPEG that says of itself that it is of another process."""
    at = content.index(b"\xff\xc0")
    header = bytes([0xFF, marker]) + content[at + 2 : at + 4] + bytes([bits]) + content[at + 5 : at + 9]
    return content[:at] + header + bytes([components]) + content[at + 10 :]


@pytest.mark.parametrize(
    ("marker", "bits", "components", "words"),
    [
        (0xC0, 12, 3, "12 bits"),
        (0xC1, 12, 3, "12 bits"),
        (0xC2, 12, 3, "12 bits"),
        (0xC3, 16, 3, "lossless"),
        (0xC5, 8, 3, "hierarchical"),
        (0xCB, 8, 3, "lossless"),
        (0xF7, 8, 3, "JPEG-LS"),
        (0xC0, 8, 2, "2 components"),
    ],
)
def test_jpeg_of_another_process_is_not_called_damaged(
    marker: int, bits: int, components: int, words: str, save: Callable[..., Path]
) -> None:
    source = save(make_scene())
    source.write_bytes(with_frame_header(source.read_bytes(), marker, bits, components))
    with pytest.raises(Refused, match=words) as caught:
        render(source, [], webp=True)
    assert caught.value.code == "unsupported_format"


@pytest.mark.parametrize(("marker", "bits", "components"), [(0xC0, 9, 3), (0xC0, 0, 3), (0xC0, 8, 0)])
def test_jpeg_of_no_process_is_damaged(marker: int, bits: int, components: int, save: Callable[..., Path]) -> None:
    source = save(make_scene())
    source.write_bytes(with_frame_header(source.read_bytes(), marker, bits, components))
    assert refused(source, render_too=True) == "undecodable"


def lossless_grey(bits: int, side: int) -> bytes:
    """A lossless JPEG of middle grey (ITU-T T.81, annex H): every difference is zero, and takes one bit."""

    def segment(marker: int, payload: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload

    frame = struct.pack(">BHHB3B", bits, side, side, 1, 1, 0x11, 0)
    table = bytes([0, 1, *[0] * 15, 0])
    scan = bytes([1, 1, 0, 1, 0, 0])
    return (
        b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, table) + segment(0xDA, scan) + bytes(side * side // 8)
    ) + b"\xff\xd9"


def test_lossless_jpeg_of_8_bits_is_shown_right(tmp_path: Path) -> None:
    source = tmp_path / "lossless.jpg"
    source.write_bytes(lossless_grey(8, 64))
    _, made = render(source, [Target(tmp_path / "small", 16)], webp=False)
    assert Image.open(made[0].path).convert("L").getextrema() == (128, 128)
    source.write_bytes(lossless_grey(16, 64))
    assert refused(source, render_too=True) == "unsupported_format"


def gif_on_a_canvas(frame: Image.Image, canvas: tuple[int, int], left: int, top: int) -> bytes:
    """A GIF whose only frame stands somewhere on a canvas of another size."""
    buffer = BytesIO()
    frame.save(buffer, "GIF")
    content = buffer.getvalue()
    at = content.index(b",", 13 + (3 << ((content[10] & 7) + 1)))
    place = struct.pack("<2H", left, top)
    return content[:6] + struct.pack("<2H", *canvas) + content[10 : at + 1] + place + content[at + 5 :]


def test_gif_is_transparent_where_its_first_frame_is_not(tmp_path: Path) -> None:
    source = tmp_path / "small.gif"
    source.write_bytes(gif_on_a_canvas(Image.new("RGB", (20, 10), (255, 0, 0)), (40, 30), 10, 5))
    facts, made = render(source, [Target(tmp_path / "same", 30)], webp=False)
    assert (facts.width, facts.height, facts.has_alpha) == (40, 30, True)
    with Image.open(made[0].path) as shown:
        assert shown.getchannel("A").getbbox() == (10, 5, 30, 15)
        assert shown.getpixel((20, 10)) == (255, 0, 0, 255)


def test_gif_whose_first_frame_is_the_canvas_is_opaque(tmp_path: Path) -> None:
    source = tmp_path / "whole.gif"
    source.write_bytes(gif_on_a_canvas(Image.new("RGB", (20, 10), (255, 0, 0)), (20, 10), 0, 0))
    assert not read_facts(source).has_alpha


def test_stream_of_a_png_that_ends_wrongly_is_refused(save: Callable[..., Path]) -> None:
    source = save(make_scene(), "png")
    content = source.read_bytes()
    at = content.index(b"IDAT") - 4
    end = at + 8 + int.from_bytes(content[at : at + 4], "big")
    chunk = bytearray(content[at + 4 : end])
    chunk[-1] ^= 0xFF  # of the checksum of the inflated bytes
    source.write_bytes(content[: at + 4] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + content[end + 4 :])
    assert refused(source, render_too=True) == "undecodable"


@pytest.mark.parametrize("side", [0, 1])
def test_heic_without_pixels_is_damaged(side: int, tmp_path: Path) -> None:
    content = heif.heic(make_scene(32, 32))
    at = content.index(b"ispe") + 8 + 4 * side
    source = tmp_path / "none.heic"
    source.write_bytes(content[:at] + bytes(4) + content[at + 4 :])
    assert refused(source) == "undecodable"


def test_bigtiff_whose_directory_lies_beyond_any_memory_is_cut_short(tmp_path: Path) -> None:
    source = tmp_path / "big.tif"
    source.write_bytes(b"II+\x00\x08\x00\x00\x00" + b"\xff" * 8 + bytes(100))
    assert refused(source) == "truncated"
