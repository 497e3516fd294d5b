"""The copy for others: the same pixels, the same orientation and colours, and nothing else that the file held."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from albumen.imaging import Refused, strip
from albumen.imaging.formats import strip_bytes

from .conftest import FORMATS, make_scene, read_facts
from .test_colours import SRGB
from .test_metadata import SECRET, private_exif, private_picture

POLYGLOT = b"PK\x03\x04" + SECRET + b"<script>alert(1)</script>"


def frames_of(path: Path) -> list[bytes]:
    with Image.open(path) as opened:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(opened)]


def assert_clean(source: Path, copy: Path) -> None:
    content = copy.read_bytes()
    assert SECRET not in content
    assert b"PK\x03\x04" not in content
    assert frames_of(source) == frames_of(copy)
    assert read_facts(copy).format == read_facts(source).format


@pytest.mark.parametrize("form", FORMATS)
def test_copy_has_the_pixels_and_the_profile_alone(form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    source = private_picture(form, save)
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")
    facts = read_facts(tmp_path / "copy")
    assert (facts.taken_at, facts.camera) == (None, None)
    with Image.open(tmp_path / "copy") as opened:
        assert (opened.info.get("icc_profile") == SRGB) == (form != "gif")
        assert not set(opened.getexif()) - {0x0112, *range(254, 340), 0x8773}
        assert "xmp" not in opened.info or not opened.info["xmp"].strip(b"\x00")


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_behind_the_picture_are_cut(form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    source = private_picture(form, save)
    with source.open("ab") as file:
        file.write(POLYGLOT)
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_orientation_is_kept_and_nothing_beside_it(form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    source = private_picture(form, save, exif=private_exif(orientation=6).tobytes())
    strip(source, tmp_path / "copy")
    assert SECRET not in (tmp_path / "copy").read_bytes()
    with Image.open(tmp_path / "copy") as opened:
        assert dict(opened.getexif()) == {0x0112: 6}
    assert read_facts(tmp_path / "copy").width == 80


def test_progressive_cmyk_jpeg_keeps_its_pixels(save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene(mode="CMYK"), "jpeg", progressive=True, comment=SECRET)
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")
    assert b"Adobe" in (tmp_path / "copy").read_bytes()


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


@pytest.mark.parametrize(
    "hidden",
    [
        segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x02\x02" + SECRET),
        segment(0xE0, b"JFXX\x00\x10" + SECRET),
        segment(0xE2, b"MPF\x00" + SECRET),
        segment(0xE2, b"FPXR\x00" + SECRET),
        segment(0xED, b"Photoshop 3.0\x008BIM" + SECRET),
        segment(0xEE, b"Adobe\x00\x64\x00\x00\x00\x00\x01" + SECRET),
        segment(0xEE, SECRET),
        segment(0xEB, SECRET),
        segment(0xFE, SECRET),
        b"\xff\xff" + segment(0xFE, SECRET),
        SECRET,
    ],
)
@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
def test_hiding_places_of_jpeg(hidden: bytes, save: Callable[..., Path], tmp_path: Path) -> None:
    content = save(make_scene(), "jpeg").read_bytes()
    source = tmp_path / "source"
    source.write_bytes(content[:20] + hidden + content[20:])
    strip(source, tmp_path / "copy")
    assert SECRET not in (tmp_path / "copy").read_bytes()
    assert frames_of(source) == frames_of(tmp_path / "copy")


def test_hiding_place_between_two_scans(save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene(), "jpeg", progressive=True)
    content = source.read_bytes()
    second = content.index(b"\xff\xda", content.index(b"\xff\xda") + 2)
    source.write_bytes(content[:second] + segment(0xFE, SECRET) + segment(0xE1, SECRET) + content[second:])
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")


def png_chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"tIME", b"prVt", b"eXIf", b"iDOT", b"caBX"])
def test_hiding_places_of_png(kind: bytes, save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene(), "png")
    content = source.read_bytes()
    hidden = png_chunk(kind, b"x\x00\x00" + SECRET)
    source.write_bytes(content[:33] + hidden + content[33:-12] + hidden + content[-12:])
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")


def test_hiding_place_behind_the_pixels_of_png(save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene(), "png")
    content = source.read_bytes()
    source.write_bytes(content[:-12] + png_chunk(b"IDAT", POLYGLOT) + content[-12:])
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")


@pytest.mark.parametrize(
    "hidden",
    [
        b"\x21\xfe\x0c" + SECRET + b"\x00",
        b"\x21\x01\x0c" + SECRET + b"\x00",
        b"\x21\xff\x0bXMP DataXMP\x0c" + SECRET + b"\x00",
        b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x0c" + SECRET + b"\x00",
        b"\x21\x77\x0c" + SECRET + b"\x00",
    ],
)
def test_hiding_places_of_gif(hidden: bytes, save: Callable[..., Path], tmp_path: Path) -> None:
    assert len(SECRET) == 12
    source = save(make_scene(), "gif")
    content = source.read_bytes()
    behind_table = 13 + (3 << ((content[10] & 7) + 1))
    source.write_bytes(content[:behind_table] + hidden + content[behind_table:])
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")


@pytest.mark.parametrize("form", ["gif", "webp", "png", "avif"])
def test_animation_keeps_frames_timing_and_loop(form: str, tmp_path: Path) -> None:
    source = tmp_path / "film"
    scenes = [make_scene().rotate(angle) for angle in (0, 90, 180)]
    scenes[0].save(source, form.upper(), save_all=True, append_images=scenes[1:], duration=[40, 80, 120], loop=3)
    with source.open("ab") as file:
        file.write(POLYGLOT)
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")
    with Image.open(tmp_path / "copy") as opened:
        times = [(frame.load(), frame.info["duration"])[1] for frame in ImageSequence.Iterator(opened)]
        # Pillow does not read how often an AVIF is shown.
        assert (times, opened.info.get("loop", 3)) == ([40, 80, 120], 3)


def test_unknown_chunk_within_webp_goes(save: Callable[..., Path], tmp_path: Path) -> None:
    source = private_picture("webp", save)
    content = source.read_bytes() + b"EVIL" + struct.pack("<I", 12) + SECRET
    source.write_bytes(b"RIFF" + struct.pack("<I", len(content) - 8) + content[8:])
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")


@pytest.mark.parametrize("form", ["avif", "heic"])
def test_boxes_beside_the_picture_are_left_out(form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    source = private_picture(form, save)
    room = source.stat().st_size + 300
    for kind in (b"free", b"skip", b"uuid", b"mdat", b"mpvd"):
        with source.open("ab") as file:
            file.write(struct.pack(">I", 8 + 16 + len(POLYGLOT)) + kind + b"0" * 16 + POLYGLOT)
    strip(source, tmp_path / "copy")
    assert_clean(source, tmp_path / "copy")
    assert b"alert" not in (tmp_path / "copy").read_bytes()
    assert (tmp_path / "copy").stat().st_size < room


def test_tiff_is_encoded_anew_and_stays_tiff(save: Callable[..., Path], tmp_path: Path) -> None:
    source = private_picture("tiff", save)
    strip(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes()[:4] in {b"II*\x00", b"MM\x00*"}
    assert_clean(source, tmp_path / "copy")


def test_refused_picture_leaves_no_copy(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"hello")
    (tmp_path / "copy").write_bytes(b"from before")
    with pytest.raises(Refused, match="not_an_image"):
        strip(tmp_path / "source", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "avif", "heic"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 3000), at=st.integers(12, 3000), byte=st.integers(0, 255))
def test_damaged_containers_never_raise(form: str, save: Callable[..., Path], cut: int, at: int, byte: int) -> None:
    content = bytearray(private_picture(form, save).read_bytes())
    content[min(at, len(content) - 1)] = byte
    strip_bytes(bytes(content), form, 6)
    strip_bytes(bytes(content[: max(16, len(content) - cut)]), form, 1)
