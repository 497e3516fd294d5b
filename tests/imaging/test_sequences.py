"""AVIF sequences: every frame is decoded, and others get every frame and nothing beside them."""

import random
import struct
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from albumen.imaging import Refused, render, strip
from albumen.imaging.formats import heif, strip_bytes
from tests.heif import box, full

from .conftest import read_facts
from .test_metadata import SECRET, private_exif

COLOURS = ((200, 30, 30), (30, 180, 30), (30, 30, 200), (220, 220, 40))


def save_film(path: Path, **options: object) -> Path:
    """Four frames with transparency."""
    frames = [Image.new("RGBA", (64, 48), (*colour, 128)) for colour in COLOURS]
    frames[0].save(path, "AVIF", save_all=True, append_images=frames[1:], duration=40, **options)
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return save_film(tmp_path / "film.avif")


def frames_of(path: Path) -> list[bytes]:
    with Image.open(path) as opened:
        return [frame.convert("RGBA").tobytes() for frame in ImageSequence.Iterator(opened)]


def with_more_in_moov(path: Path, more: bytes) -> None:
    """Puts a box at the end of `moov`; every offset in the file then points that much further."""
    content = path.read_bytes()
    at = content.index(b"moov") - 4
    size = int.from_bytes(content[at : at + 4], "big")
    moved = (
        content[:at] + struct.pack(">I", size + len(more)) + content[at + 4 : at + size] + more + content[at + size :]
    )
    path.write_bytes(moved_offsets(moved, len(more)))


def moved_offsets(content: bytes, by: int) -> bytes:
    out = bytearray(content)
    at = -1
    while (at := content.find(b"stco", at + 1)) > 0:
        count = int.from_bytes(content[at + 8 : at + 12], "big")
        for place in range(at + 12, at + 12 + 4 * count, 4):
            out[place : place + 4] = struct.pack(">I", int.from_bytes(content[place : place + 4], "big") + by)
    at = content.index(b"iloc") + 12
    assert content[at - 4 : at - 2] == b"\x44\x00", "offsets and lengths of four bytes, no base"
    for number in range(int.from_bytes(content[at - 2 : at], "big")):
        place = at + 14 * number + 6
        out[place : place + 4] = struct.pack(">I", int.from_bytes(content[place : place + 4], "big") + by)
    return bytes(out)


def test_frames_are_counted_and_kept(tmp_path: Path) -> None:
    # The secret is in the still picture's EXIF and in the track's.
    film = save_film(tmp_path / "film.avif", exif=private_exif().tobytes())
    assert SECRET in film.read_bytes()
    facts, _ = render(film, [], webp=True)
    assert (facts.frames, facts.has_alpha) == (4, True)
    strip(film, tmp_path / "copy")
    assert SECRET not in (tmp_path / "copy").read_bytes()
    assert read_facts(tmp_path / "copy").frames == 4
    assert frames_of(film) == frames_of(tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size <= film.stat().st_size + 8


@pytest.mark.parametrize(
    "more",
    [
        box(b"udta", box(b"\xa9xyz", SECRET)),
        full(b"meta", 0, full(b"hdlr", 0, bytes(4), b"mdta", bytes(13)), box(b"ilst", SECRET)),
        box(b"trak", box(b"mdia", full(b"hdlr", 0, bytes(4), b"soun", bytes(12), SECRET))),
        box(b"uuid", bytes(16), SECRET),
    ],
)
def test_hiding_places_in_moov(more: bytes, film: Path, tmp_path: Path) -> None:
    before = frames_of(film)
    with_more_in_moov(film, more)
    assert SECRET in film.read_bytes()
    strip(film, tmp_path / "copy")
    assert SECRET not in (tmp_path / "copy").read_bytes()
    assert frames_of(tmp_path / "copy") == before


def test_names_and_dates_go(film: Path, tmp_path: Path) -> None:
    content = film.read_bytes()
    assert b"Color" in content
    at = content.index(b"mvhd") + 8
    film.write_bytes(content[:at] + b"DATE" + content[at + 4 :])
    strip(film, tmp_path / "copy")
    copy = (tmp_path / "copy").read_bytes()
    assert not [word for word in (b"DATE", b"Color", b"AOM Coding") if word in copy]


@pytest.mark.parametrize("frame", [1, 2, 3])
def test_a_damaged_frame_is_found(frame: int, film: Path) -> None:
    content = bytearray(film.read_bytes())
    track = content.index(b"stsz") + 12
    sizes = [int.from_bytes(content[track + 4 * n : track + 4 * n + 4], "big") for n in range(4)]
    at = content.index(b"stco") + 12
    start = int.from_bytes(content[at : at + 4], "big") + sum(sizes[:frame])
    content[start : start + sizes[frame]] = b"\xff" * sizes[frame]
    film.write_bytes(content)
    with pytest.raises(Refused) as caught:
        render(film, [], webp=True)
    assert caught.value.code == "undecodable"


def test_damaged_boxes_never_raise(film: Path) -> None:
    content = film.read_bytes()
    chance = random.Random(1)
    for _ in range(500):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[chance.randrange(8, content.index(b"mdat"))] = chance.choice(
                (0, 1, 127, 255, chance.randrange(256))
            )
        heif.count_frames(bytes(damaged))
        strip_bytes(bytes(damaged), "avif", 1)


def test_a_film_alone_is_named(film: Path) -> None:
    film.write_bytes(film.read_bytes().replace(b"pitm", b"free"))
    with pytest.raises(Refused) as caught:
        render(film, [], webp=True)
    assert caught.value.code == "unsupported_format"
