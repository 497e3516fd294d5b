"""When a picture was taken: what each kind of file says, which of several counts, and in which zone."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin, TiffImagePlugin

from albumen.imaging import Target, render, strip
from albumen.imaging.exif import read_exif

from .conftest import CORNERS, corners_of, is_near, make_scene, read_facts

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
ORIGINAL, DIGITIZED, CHANGED = 0x9003, 0x9004, 0x0132
OFFSET, OFFSET_ORIGINAL, OFFSET_DIGITIZED = 0x9010, 0x9011, 0x9012
FRACTION, FRACTION_ORIGINAL, FRACTION_DIGITIZED = 0x9290, 0x9291, 0x9292
LOCAL = "2024:05:06 07:08:09"


def exif_of(
    second: dict[int, str], first: dict[int, object] | None = None, gps: dict[int, object] | None = None
) -> bytes:
    exif = Image.Exif()
    exif.update(first or {})
    exif.get_ifd(EXIF_IFD).update(second)
    if gps:
        exif.get_ifd(GPS_IFD).update(gps)
    return exif.tobytes()


def xmp_of(inner: str) -> bytes:
    return f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description {inner}</rdf:Description></x:xmpmeta>".encode()


def iptc_of(date: bytes, time: bytes = b"") -> bytes:
    """The Photoshop segment of a JPEG, with one resource: IPTC's."""
    sets = b"\x1c\x02\x37" + struct.pack(">H", len(date)) + date
    if time:
        sets += b"\x1c\x02\x3c" + struct.pack(">H", len(time)) + time
    return b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(sets)) + sets + b"\x00" * (len(sets) % 2)


def with_segment(jpeg: Path, payload: bytes) -> Path:
    content = jpeg.read_bytes()
    jpeg.write_bytes(content[:2] + b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload + content[2:])
    return jpeg


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOCAL, "2024-05-06T07:08:09"),
        ("2024-05-06T07:08:09", "2024-05-06T07:08:09"),
        ("2024/05/06 07:08:09", "2024-05-06T07:08:09"),
        ("2024: 5: 6  7: 8: 9", "2024-05-06T07:08:09"),
        ("2024:05:06 07:08", "2024-05-06T07:08:00"),
        ("2024:05:06 07:08:09.5", "2024-05-06T07:08:09.500000"),
        ("2024:05:06 07:08:09.1239", "2024-05-06T07:08:09.123000"),
        ("2024:05:06 07:08:09Z", "2024-05-06T07:08:09Z"),
        ("2024:05:06 01:08:09+0200", "2024-05-05T23:08:09Z"),
        ("2024-05-06T07:08:09.25-09:30", "2024-05-06T16:38:09.250000Z"),
        ("2024:05:06 07:08:09+25:00", "2024-05-06T07:08:09"),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("", None),
        ("2024:13:06 07:08:09", None),
        ("2024:02:30 07:08:09", None),
        ("2024:05:06 24:00:00", None),
        ("2024:05:06", None),
        ("yesterday", None),
        ("0001:01:01 00:00:00", None),
        ("9999:12:31 23:59:59", None),
        ("\u0662\u0660\u0662\u0664:05:06 07:08:09", None),
    ],
)
def test_texts(text: str, expected: str | None) -> None:
    assert read_exif(exif_of({ORIGINAL: text})).taken_at == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({ORIGINAL: LOCAL, DIGITIZED: "2024:06:01 00:00:00"}, "2024-05-06T07:08:09"),
        ({DIGITIZED: LOCAL}, "2024-05-06T07:08:09"),
        ({ORIGINAL: "0000:00:00 00:00:00", DIGITIZED: LOCAL}, "2024-05-06T07:08:09"),
        ({ORIGINAL: "    :  :     :  :  ", DIGITIZED: LOCAL, OFFSET_ORIGINAL: "+02:00"}, "2024-05-06T07:08:09"),
        ({DIGITIZED: LOCAL, OFFSET_DIGITIZED: "+02:00"}, "2024-05-06T05:08:09Z"),
        ({ORIGINAL: LOCAL, OFFSET_DIGITIZED: "+02:00"}, "2024-05-06T07:08:09"),
        ({ORIGINAL: LOCAL, OFFSET_ORIGINAL: "Z"}, "2024-05-06T07:08:09Z"),
        ({ORIGINAL: LOCAL, OFFSET_ORIGINAL: "-0930"}, "2024-05-06T16:38:09Z"),
        ({ORIGINAL: LOCAL, OFFSET_ORIGINAL: "+25:00"}, "2024-05-06T07:08:09"),
        ({ORIGINAL: LOCAL, OFFSET_ORIGINAL: "   :  "}, "2024-05-06T07:08:09"),
        ({ORIGINAL: LOCAL + "Z", OFFSET_ORIGINAL: "+02:00"}, "2024-05-06T07:08:09Z"),
        ({ORIGINAL: LOCAL, FRACTION_ORIGINAL: "12 "}, "2024-05-06T07:08:09.120000"),
        ({ORIGINAL: LOCAL, FRACTION_ORIGINAL: "004567"}, "2024-05-06T07:08:09.004000"),
        ({ORIGINAL: LOCAL, FRACTION_ORIGINAL: "none"}, "2024-05-06T07:08:09"),
        ({ORIGINAL: LOCAL, FRACTION: "5", FRACTION_DIGITIZED: "6"}, "2024-05-06T07:08:09"),
        ({DIGITIZED: LOCAL, FRACTION_DIGITIZED: "6", FRACTION_ORIGINAL: "5"}, "2024-05-06T07:08:09.600000"),
    ],
)
def test_fields_of_one_date(fields: dict[int, str], expected: str) -> None:
    assert read_exif(exif_of(fields)).taken_at == expected


@pytest.mark.parametrize(
    ("offset", "changed", "expected"),
    [
        ("+02:00", LOCAL, "2024-05-06T05:08:09Z"),
        ("+02:00", None, "2024-05-06T05:08:09Z"),
        ("+02:00", "2024:05:06 07:08:11", "2024-05-06T05:08:09Z"),
        ("+02:00", "2025:01:01 12:00:00", "2024-05-06T07:08:09"),
        ("+15:00", LOCAL, "2024-05-06T07:08:09"),
    ],
)
def test_offset_of_the_last_change_counts_where_that_was_then(offset: str, changed: str | None, expected: str) -> None:
    first = {CHANGED: changed} if changed else {}
    assert read_exif(exif_of({ORIGINAL: LOCAL, OFFSET: offset}, first)).taken_at == expected


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("2024:05:06", (5, 8, 9), "2024-05-06T05:08:09Z"),
        ("2024:05:06", (1, 23, 10.5), "2024-05-06T01:23:09Z"),
        ("2024:05:05", (17, 8, 9), "2024-05-05T17:08:09Z"),
        ("2024-05-06", (19, 8, 9), "2024-05-06T19:08:09Z"),
        ("2024:05:06", (5, 15, 0), "2024-05-06T07:08:09"),
        ("2024:05:05", (16, 8, 9), "2024-05-06T07:08:09"),
        ("2024:05:06", (20, 8, 9), "2024-05-06T07:08:09"),
        ("2024:05:06", (25, 99, 9), "2024-05-06T07:08:09"),
        ("0000:00:00", (5, 8, 9), "2024-05-06T07:08:09"),
        ("", (5, 8, 9), "2024-05-06T07:08:09"),
    ],
)
def test_satellites_say_the_zone_where_it_can_be_one(day: str, time: tuple[float, ...], expected: str) -> None:
    gps: dict[int, object] = {7: time} | ({29: day} if day else {})
    assert read_exif(exif_of({ORIGINAL: LOCAL}, gps=gps)).taken_at == expected


def test_own_offset_comes_before_the_satellites() -> None:
    gps: dict[int, object] = {7: (5.0, 8.0, 9.0), 29: "2024:05:06"}
    assert read_exif(exif_of({ORIGINAL: LOCAL, OFFSET_ORIGINAL: "+05:00"}, gps=gps)).taken_at == "2024-05-06T02:08:09Z"


def test_date_in_the_first_directory_counts() -> None:
    assert read_exif(exif_of({}, {ORIGINAL: LOCAL})).taken_at == "2024-05-06T07:08:09"
    assert read_exif(exif_of({DIGITIZED: "2025:01:01 00:00:00"}, {ORIGINAL: LOCAL})).taken_at == "2024-05-06T07:08:09"


def test_pointer_to_exif_may_be_of_the_type_for_directories() -> None:
    block = exif_of({ORIGINAL: LOCAL}).removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}[block[:2]]
    pointer = struct.pack(order + "HH", EXIF_IFD, 4)
    assert block.count(pointer) == 1
    changed = block.replace(pointer, struct.pack(order + "HH", EXIF_IFD, 13))
    assert read_exif(changed).taken_at == "2024-05-06T07:08:09"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('photoshop:DateCreated="2024-05-06T07:08:09.12+02:00">', "2024-05-06T05:08:09.120000Z"),
        ("exif:DateTimeOriginal='2024-05-06T07:08:09'>", "2024-05-06T07:08:09"),
        ("><photoshop:DateCreated>2024-05-06</photoshop:DateCreated>", "2024-05-06T00:00:00"),
        ("><photoshop:DateCreated>\n 2024-05-06T07:08Z\n</photoshop:DateCreated>", "2024-05-06T07:08:00Z"),
        (
            'exif:DateTimeOriginal="2023-01-01T00:00:00" photoshop:DateCreated="2024-05-06T07:08:09">',
            "2024-05-06T07:08:09",
        ),
        ('photoshop:DateCreated="0000-00-00" exif:DateTimeOriginal="2024-05-06T07:08:09">', "2024-05-06T07:08:09"),
        ('photoshop:DateCreated="2024">', None),
        ('photoshop:DateCreated="&boom;">', None),
        ("", None),
    ],
)
def test_xmp(inner: str, expected: str | None) -> None:
    assert read_exif(b"", xmp=xmp_of(inner)).taken_at == expected


def test_exif_comes_before_xmp_and_xmp_before_iptc(save: Callable[..., Path]) -> None:
    xmp = xmp_of("exif:DateTimeOriginal='2022-01-01T00:00:00'>")
    iptc = iptc_of(b"20210101", b"000000+0000")
    both = with_segment(save(make_scene(), "jpeg", xmp=xmp, exif=exif_of({DIGITIZED: LOCAL})), iptc)
    assert read_facts(both).taken_at == "2024-05-06T07:08:09"
    empty = exif_of({ORIGINAL: "0000:00:00 00:00:00"})
    with_both = with_segment(save(make_scene(), "jpeg", xmp=xmp, exif=empty), iptc)
    assert read_facts(with_both).taken_at == "2022-01-01T00:00:00"
    assert read_facts(with_segment(save(make_scene(), "jpeg", exif=empty), iptc)).taken_at == "2021-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        (b"20240506", b"070809+0200", "2024-05-06T05:08:09Z"),
        (b"20240506", b"070809", "2024-05-06T07:08:09"),
        (b"20240506", b"", "2024-05-06T00:00:00"),
        (b"20240506", b"999999+0200", "2024-05-06T00:00:00"),
        (b"00000000", b"", None),
    ],
)
def test_iptc(date: bytes, time: bytes, expected: str | None, save: Callable[..., Path]) -> None:
    assert read_facts(with_segment(save(make_scene()), iptc_of(date, time))).taken_at == expected


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif", "tiff"])
def test_xmp_of_every_format_that_has_it(form: str, save: Callable[..., Path]) -> None:
    xmp = xmp_of('photoshop:DateCreated="2024-05-06T07:08:09Z">')
    options: dict[str, object] = {"xmp": xmp}
    if form == "tiff":
        options = {"tiffinfo": {700: xmp}}
    elif form == "png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
        options = {"pnginfo": texts}
    assert read_facts(save(make_scene(), form, **options)).taken_at == "2024-05-06T07:08:09Z"


def test_iptc_of_a_tiff(save: Callable[..., Path]) -> None:
    block = iptc_of(b"20240506", b"070809+0000")
    for tag, content in ((34377, block.removeprefix(b"Photoshop 3.0\x00")), (33723, block[26:])):
        info = TiffImagePlugin.ImageFileDirectory_v2()
        info.tagtype[tag], info[tag] = 7, content
        assert read_facts(save(make_scene(), "tiff", tiffinfo=info)).taken_at == "2024-05-06T07:08:09Z"


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def raw_profile(name: bytes, profile: bytes) -> bytes:
    """Bytes as text, as ImageMagick writes them."""
    digits = profile.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (name, len(profile), lines)


EXIF = exif_of({ORIGINAL: LOCAL}, {0x0112: 6})
BARE = EXIF.removeprefix(b"Exif\x00\x00")
PROFILE = b"Raw profile type "


@pytest.mark.parametrize("behind", [True, False])
@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"eXIf", BARE),
        chunk(b"zTXt", PROFILE + b"exif\x00\x00" + zlib.compress(raw_profile(b"exif", EXIF))),
        chunk(b"tEXt", PROFILE + b"APP1\x00" + raw_profile(b"generic", EXIF)),
        chunk(b"iTXt", PROFILE + b"exif\x00\x00\x00\x00\x00" + raw_profile(b"exif", EXIF)),
        chunk(b"iTXt", PROFILE + b"exif\x00\x01\x00en\x00\x00" + zlib.compress(raw_profile(b"exif", EXIF))),
    ],
    ids=["eXIf", "zTXt", "APP1 in tEXt", "iTXt", "packed iTXt"],
)
def test_exif_anywhere_in_a_png(extra: bytes, behind: bool, save: Callable[..., Path], tmp_path: Path) -> None:
    source = save(make_scene(), "png")
    content = source.read_bytes()
    at = len(content) - 12 if behind else content.index(b"IDAT") - 4
    source.write_bytes(content[:at] + extra + content[at:])
    target = Target(tmp_path / "upright", 60)
    facts, _ = render(source, [target], webp=False)
    assert (facts.width, facts.height, facts.taken_at) == (80, 120, "2024-05-06T07:08:09")
    wanted = (CORNERS[2], CORNERS[0], CORNERS[3], CORNERS[1])
    assert all(is_near(*pair) for pair in zip(corners_of(target.path), wanted, strict=True))
    strip(source, tmp_path / "copy.png")
    with Image.open(BytesIO((tmp_path / "copy.png").read_bytes())) as copy:
        assert dict(copy.getexif()) == {0x0112: 6}


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"zTXt", PROFILE + b"exif\x00\x00" + zlib.compress(b"0" * 50_000_000)),
        chunk(b"zTXt", PROFILE + b"exif\x00\x00no stream"),
        chunk(b"tEXt", PROFILE + b"exif\x00\nexif\n 9\nno digits"),
        chunk(b"tEXt", PROFILE + b"exif"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01"),
        chunk(b"eXIf", b""),
    ],
)
def test_profiles_that_are_none_are_no_error(extra: bytes, save: Callable[..., Path]) -> None:
    source = save(make_scene(), "png")
    content = source.read_bytes()
    source.write_bytes(content[:33] + extra + content[33:])
    facts = read_facts(source)
    assert (facts.width, facts.taken_at) == (120, None)


def test_an_empty_chunk_of_exif_does_not_hide_exif_in_a_text(save: Callable[..., Path]) -> None:
    source = save(make_scene(), "png")
    content = source.read_bytes()
    text = chunk(b"tEXt", PROFILE + b"exif\x00" + raw_profile(b"exif", EXIF))
    source.write_bytes(content[:33] + chunk(b"eXIf", b"") + text + content[33:])
    facts = read_facts(source)
    assert (facts.width, facts.taken_at) == (80, "2024-05-06T07:08:09")
