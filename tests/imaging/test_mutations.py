"""Files with random damage: each is taken or refused for itself, and no good file is refused because of one."""

import random
import re
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from albumen import imaging
from albumen.imaging import Limits, Refused, Target
from albumen.imaging.values import CODES
from tests import heif
from tests.faults.rounds import LONG, ROUNDS

from .conftest import make_scene
from .test_colours import SRGB

MUTATIONS = 200 * ROUNDS if LONG else 500
BETWEEN = 10
SECONDS = 10.0


def saved(form: str, mode: str = "RGB", size: tuple[int, int] = (24, 16), **options: object) -> bytes:
    buffer = BytesIO()
    make_scene(*size, mode).save(buffer, form, **options)
    return buffer.getvalue()


def good_files() -> dict[str, bytes]:
    """Small files of every format, with what each can have beside pixels."""
    exif, turned = Image.Exif(), Image.Exif()
    exif[0x0112], exif[0x010F], turned[0x0112] = 6, "Maker", 7
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    beside = {"exif": exif.tobytes(), "icc_profile": SRGB}
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/' photoshop:DateCreated='2024-05-06'/>"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "somebody", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", xmp.decode())
    frames = {"save_all": True, "append_images": [Image.new("RGB", (24, 16), (n * 60, 90, 9)) for n in range(3)]}
    return {
        "jpeg": saved("JPEG", **beside, xmp=xmp, comment=b"a comment"),
        "jpeg, progressive": saved("JPEG", progressive=True, restart_marker_rows=1),
        "jpeg, CMYK": saved("JPEG", "CMYK"),
        "png": saved("PNG", "RGBA", **beside, pnginfo=texts),
        "png, palette": saved("PNG", "P", transparency=1),
        "apng": saved("PNG", **frames),
        "gif": saved("GIF", comment=b"a comment"),
        "gif, animated": saved("GIF", **frames, loop=0),
        "webp": saved("WEBP", "RGBA", **beside, xmp=xmp),
        "webp, lossless and animated": saved("WEBP", lossless=True, **frames),
        "avif": saved("AVIF", "RGBA", (32, 32), **beside, xmp=xmp),
        "avif, sequence": saved("AVIF", **frames),
        "heic": heif.heic(make_scene(24, 16, "RGBA"), exif=exif.tobytes(), xmp=xmp, icc_profile=SRGB),
        "heic, deep": heif.heic(make_scene(24, 16), depth=10, properties=[heif.box(b"irot", b"\x01")]),
        "avif, turned": saved("AVIF", size=(32, 32), exif=turned.tobytes()),
        "tiff": saved("TIFF", icc_profile=SRGB, compression="tiff_lzw"),
        "tiff, pages": saved("TIFF", **frames, compression="tiff_adobe_deflate"),
        "tiff, JPEG": saved("TIFF", compression="jpeg"),
        "tiff, one bit": saved("TIFF", "1", compression="group4"),
    }


def mutate(content: bytes, dice: random.Random) -> bytes:
    """The bytes with one to four changes, most of them in a name of four letters or near the beginning."""
    changed = bytearray(content)
    names = [found.start() for found in re.finditer(rb"[A-Za-z]{4}", content)] or [0]
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        places = (dice.choice(names) + dice.randrange(4), dice.randrange(400), dice.randrange(len(content)))
        at = min(dice.choice(places), len(changed) - 1)
        length = dice.choice((1, 1, 1, 2, 4, 8, 64))
        part = changed[at : at + length]
        match dice.randrange(8):
            case 0:
                changed[at] ^= 1 << dice.randrange(8)
            case 1 | 2:
                changed[at] |= 0x80
            case 3:
                changed[at : at + length] = dice.randbytes(len(part))
            case 4:
                changed[at : at + length] = dice.choice((b"\xff", b"\x00")) * len(part)
            case 5:
                changed[at:at] = dice.choice((dice.randbytes(length), bytes(part)))
            case 6:
                del changed[at : at + length]
            case 7:
                changed[at : at + 4] = struct.pack(
                    dice.choice("<>") + "I", dice.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF))
                )
    return bytes(changed)


def with_right_checksums(content: bytes) -> bytes:
    """A PNG whose chunks say again what they hold, so that the damage gets further than to the check of it."""
    parts, at = [content[:8]], 8
    while at + 12 <= len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4], "big")
        if end + 4 > len(content):
            break
        parts += (content[at:end], zlib.crc32(content[at + 4 : end]).to_bytes(4, "big"))
        at = end + 4
    return b"".join(parts) + content[at:]


def taken(source: Path, folder: Path) -> str | None:
    """The code of the refusal, or None; a file that is taken must also give its thumbnail and its copy."""
    try:
        imaging.render(source, [Target(folder / "thumbnail", 8)], webp=True)
        imaging.strip(source, folder / "copy")
    except Refused as refused:
        return refused.code
    return None


@pytest.fixture(autouse=True)
def _one_decoder(limits: Callable[[Limits], None]) -> None:
    """Each good file meets the decoder that had the damaged ones."""
    limits(Limits(decoders=1, seconds=SECONDS))


@pytest.mark.fault
def test_good_files_pass_between_damaged_ones(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32) if LONG else 3
    dice, good = random.Random(seed), good_files()
    names, source = list(good), tmp_path / "file"
    codes: dict[str | None, int] = {}
    for number in range(MUTATIONS):
        name = names[number % len(names)]
        damaged = mutate(good[name], dice)
        if damaged.startswith(b"\x89PNG") and dice.random() < 0.7:
            damaged = with_right_checksums(damaged)
        source.write_bytes(damaged)
        code = taken(source, tmp_path)
        assert code is None or code in CODES
        codes[code] = codes.get(code, 0) + 1
        if number % BETWEEN == 0:
            name = names[number // BETWEEN % len(names)]
            source.write_bytes(good[name])
            assert taken(source, tmp_path) is None, f"{name} was refused after mutation {number} of seed {seed}"
    assert {None, "undecodable", "truncated"} <= set(codes), codes


def test_error_text_that_is_no_text_is_of_one_file_alone(tmp_path: Path) -> None:
    mirrored = Image.Exif()
    mirrored[0x0112] = 2
    content = saved("AVIF", size=(32, 32), exif=mirrored.tobytes())
    assert content.count(b"imir") == 1
    broken, good = tmp_path / "broken", tmp_path / "good"
    broken.write_bytes(content.replace(b"imir", b"im\xffr"))
    for file in good_files().values():
        assert taken(broken, tmp_path) == "undecodable"
        good.write_bytes(file)
        assert taken(good, tmp_path) is None
