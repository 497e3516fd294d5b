"""What is no picture, too large, or cut short is refused with its own code, before it costs anything."""

import random
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from albumen.imaging import Limits, Refused, Target, render

from .conftest import FORMATS, make_scene, read_facts


def refused(source: Path, *, render_too: bool = False) -> str:
    """The code of the refusal; a whole decode is asked for only where the header alone cannot tell."""
    with pytest.raises(Refused) as caught:
        render(source, [], webp=True) if render_too else read_facts(source)
    assert str(source.parent) not in caught.value.detail
    assert caught.value.detail.endswith(".")
    return caught.value.code


def png_header(width: int, height: int, *, more: bytes = b"") -> bytes:
    def chunk(kind: bytes, payload: bytes) -> bytes:
        return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + more + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def animate(path: Path, form: str, frames: int, size: tuple[int, int] = (8, 8)) -> Path:
    pictures = [Image.new("RGB", size, (number * 97 % 256, number * 41 % 256, 90)) for number in range(frames)]
    pictures[0].save(path, form.upper(), save_all=True, append_images=pictures[1:], duration=20)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x00\x00\x14ftypmif3avif\x00\x00\x00\x08mini",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?>\n<!-- a --><svg/>",
        b"%PDF-1.7\n",
        b"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00",
        b"8BPS\x00\x01",
        b"\xff\x0a\x00\x00",
        b"\x00\x00\x00\x0cJXL \r\n\x87\n",
        b"P6 1 1 255\n\x00\x00\x00",
    ],
)
def test_known_format_that_is_not_taken(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "named.jpg"
    source.write_bytes(content)
    assert refused(source) == "unsupported_format"


@pytest.mark.parametrize(
    "content", [b"", b"BM is how this text starts", b"hello", b"\x00" * 99, b"PK\x03\x04", b"<p>"]
)
def test_what_is_no_image(content: bytes, tmp_path: Path) -> None:
    source = tmp_path / "named.png"
    source.write_bytes(content)
    assert refused(source) == "not_an_image"


def test_netpbm_saved_by_name_is_not_loaded_by_another_loader(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.ppm")
    assert refused(tmp_path / "picture.ppm") == "unsupported_format"


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_decide_and_not_the_name(form: str, save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene(), form).rename(tmp_path / "named.svg")
    assert read_facts(source).format == form


@pytest.mark.parametrize("size", [(65_536, 65_536), (20_001, 1), (1, 20_001), (14_143, 14_143)])
def test_bomb_is_refused_by_its_header(size: tuple[int, int], tmp_path: Path) -> None:
    source = tmp_path / "bomb.png"
    source.write_bytes(png_header(*size))
    started = time.monotonic()
    assert refused(source) == "too_many_pixels"
    assert time.monotonic() - started < 2


def test_largest_header_that_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "large.png"
    source.write_bytes(png_header(14_142, 14_142))
    assert refused(source, render_too=True) == "undecodable"


@pytest.mark.parametrize("form", ["gif", "webp", "tiff", "avif"])
def test_frames_are_counted(form: str, tmp_path: Path) -> None:
    assert render(animate(tmp_path / "some", form, 150), [], webp=True)[0].frames == 150
    assert refused(animate(tmp_path / "many", form, 501)) == "too_many_pixels"


@pytest.mark.parametrize("form", ["gif", "webp", "tiff", "avif"])
def test_pixels_are_summed_over_frames(form: str, tmp_path: Path, limits: Callable[[Limits], None]) -> None:
    limits(Limits(pixels=10 * 64))
    assert read_facts(animate(tmp_path / "ten", form, 10)).frames == 10
    assert refused(animate(tmp_path / "eleven", form, 11)) == "too_many_pixels"


@pytest.mark.parametrize(("frames", "size", "code"), [(501, 8, "too_many_pixels"), (300, 1000, "too_many_pixels")])
def test_frames_of_apng_are_taken_from_its_control_chunk(frames: int, size: int, code: str, tmp_path: Path) -> None:
    payload = struct.pack(">II", frames, 0)
    control = struct.pack(">I", 8) + b"acTL" + payload + struct.pack(">I", zlib.crc32(b"acTL" + payload))
    source = tmp_path / "animated.png"
    source.write_bytes(png_header(size, size, more=control))
    assert refused(source) == code


@pytest.mark.parametrize(("counts", "frames"), [((2, 9), 2), ((0, 3), 3), ((501, 1), 501)])
def test_of_several_control_chunks_the_first_counts_that_is_not_empty(
    counts: tuple[int, ...], frames: int, tmp_path: Path
) -> None:
    controls = (b"acTL" + struct.pack(">II", count, 0) for count in counts)
    more = b"".join(struct.pack(">I", 8) + control + struct.pack(">I", zlib.crc32(control)) for control in controls)
    source = tmp_path / "animated.png"
    source.write_bytes(png_header(7, 8, more=more))
    if frames > Limits().frames:
        assert refused(source) == "too_many_pixels"
    else:
        assert read_facts(source).frames == frames


def repeat_last_scan(path: Path, times: int) -> None:
    """A scan that refines a coefficient may come again as often as one likes; the decoder runs through each."""
    content = path.read_bytes()
    last = content.rindex(b"\xff\xda")
    end = content.rindex(b"\xff\xd9")
    path.write_bytes(content[:last] + content[last:end] * times + content[end:])


@pytest.mark.parametrize(("times", "code"), [(90, "undecodable"), (100, "too_many_pixels")])
def test_scans_are_counted(times: int, code: str, save: Callable[..., Path]) -> None:
    source = save(make_scene(64, 64), "jpeg", progressive=True)
    repeat_last_scan(source, times)
    assert source.read_bytes().count(b"\xff\xda") == times + 9
    assert refused(source) == code


def test_scans_of_embedded_previews_do_not_count(save: Callable[..., Path]) -> None:
    source = save(make_scene(64, 64), "jpeg", progressive=True, exif=b"Exif\x00\x00" + b"\xff\xda" * 200)
    assert read_facts(source).format == "jpeg"


def test_partial_scans_of_a_baseline_picture_count(tmp_path: Path, save: Callable[..., Path]) -> None:
    content = save(make_scene(64, 64), "jpeg").read_bytes()
    start, end = content.index(b"\xff\xda"), content.rindex(b"\xff\xd9")
    # A scan of the first component alone: the header says "1 component", the entropy-coded bytes are of no matter.
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x00" * 8
    source = tmp_path / "scans.jpg"
    source.write_bytes(content[:start] + scan * 101 + content[end:])
    assert refused(source) == "too_many_pixels"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, -1, -20])
def test_cut_short(form: str, part: float, save: Callable[..., Path], tmp_path: Path) -> None:
    # The same noise each time: of one JPEG in forty, every pixel is read before its last byte would be.
    picture = Image.frombytes("RGB", (160, 120), random.Random(3).randbytes(160 * 120 * 3))
    content = save(picture, form).read_bytes()
    source = tmp_path / "cut"
    source.write_bytes(content[: int(len(content) * part) if part > 0 else int(part)])
    assert refused(source, render_too=True) in {"truncated"} | ({"undecodable"} if form == "tiff" else set())


@pytest.mark.parametrize("form", ["gif", "webp", "tiff"])
def test_animation_cut_short_behind_its_first_frame(form: str, tmp_path: Path) -> None:
    source = animate(tmp_path / "film", form, 10, (40, 40))
    content = source.read_bytes()
    source.write_bytes(content[: len(content) * 3 // 4])
    assert refused(source, render_too=True) in {"truncated", "undecodable"}


def test_refusal_leaves_nothing_at_the_targets(save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(Image.effect_noise((400, 300), 80))
    source.write_bytes(source.read_bytes()[:-2000])
    target = tmp_path / "derivative"
    target.write_bytes(b"left from before")
    with pytest.raises(Refused):
        render(source, [Target(target, 100)], webp=True)
    assert not target.exists()


def test_target_that_cannot_be_written_leaves_no_other(save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene())
    with pytest.raises(FileNotFoundError):
        render(source, [Target(tmp_path / "one", 40), Target(tmp_path / "no" / "two", 20)], webp=True)
    assert not (tmp_path / "one").exists()


def test_missing_file_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_facts(tmp_path / "none")
