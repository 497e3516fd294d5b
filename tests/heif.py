"""Build HEIC files around pictures of tests.hevc (ISO/IEC 14496-12; ISO/IEC 23008-12)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from tests import hevc

ALPHA = b"urn:mpeg:hevc:2015:auxid:1\x00"
SRGB_CODES = (1, 13, 6)


def box(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I", 8 + len(payload)) + kind + payload


def full(kind: bytes, version: int, *parts: bytes, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


@dataclass
class Item:
    """One item: its type, bytes and properties, and what it refers to as {reference type: item numbers}."""

    kind: bytes
    content: bytes
    properties: list[bytes] = field(default_factory=list)
    refers: dict[bytes, list[int]] = field(default_factory=dict)
    more: bytes = b""


def nclx(primaries: int, transfer: int, matrix: int, *, full_range: bool = True) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, matrix, full_range << 7))


def coded(
    planes: Sequence[hevc.Plane], chroma: str = "444", depth: int = 8, properties: Sequence[bytes] = (), **how: bool
) -> Item:
    """An HEVC picture of those planes, with its size and configuration before the given properties."""
    sets, picture = hevc.encode(planes, chroma, depth, **how)
    size = struct.pack(">II", len(planes[0][0]), len(planes[0]))
    arrays = b"".join(struct.pack(">BHH", set_[0] >> 1, 1, len(set_)) + set_ for set_ in sets)
    configuration = struct.pack(
        ">BBI6sBHBBBBHBB", 1, 4, 1 << 27, b"\x90" + bytes(5), 180, 0xF000, 0xFC, 0xFC | hevc.CHROMA[chroma],
        0xF8 | depth - 8, 0xF8 | depth - 8, 0, 0x0F, len(sets),
    )  # fmt: skip
    own = [full(b"ispe", 0, size), box(b"hvcC", configuration, arrays)]
    return Item(b"hvc1", struct.pack(">I", len(picture)) + picture, own + list(properties))


def rows(channel: Image.Image) -> list[list[int]]:
    width, height = channel.size
    samples = channel.tobytes()
    return [list(samples[y * width : (y + 1) * width]) for y in range(height)]


def planes_of(image: Image.Image, depth: int = 8) -> list[list[list[int]]]:
    """Y, or Y, Cb and Cr in full range by BT.601, as matrix 6 asks for."""
    top = (1 << depth) - 1
    if image.mode == "L":
        return [[[round(sample * top / 255) for sample in row] for row in rows(image)]]
    bands = image.convert("RGB").convert("YCbCr").split()
    return [[[sample << depth - 8 for sample in row] for row in rows(band)] for band in bands]


def heic(
    image: Image.Image,
    *,
    depth: int = 8,
    properties: Sequence[bytes] = (),
    exif: bytes | None = None,
    xmp: bytes | None = None,
    icc_profile: bytes | None = None,
    **layout: bytes,
) -> bytes:
    """A HEIC file of a Pillow picture: L, RGB or RGBA."""
    own = [nclx(*SRGB_CODES), *([box(b"colr", b"prof", icc_profile)] if icc_profile else []), *properties]
    chroma = "L" if image.mode == "L" else "444"
    items = [coded(planes_of(image, depth), chroma, depth, own)]
    if image.mode == "RGBA":
        alpha = coded(planes_of(image.getchannel("A"), depth), "L", depth, [full(b"auxC", 0, ALPHA), *properties])
        items.append(Item(alpha.kind, alpha.content, alpha.properties, {b"auxl": [1]}))
    if exif:
        items.append(Item(b"Exif", struct.pack(">I", 0) + exif.removeprefix(b"Exif\x00\x00"), [], {b"cdsc": [1]}))
    if xmp:
        items.append(Item(b"mime", xmp, [], {b"cdsc": [1]}, b"application/rdf+xml\x00"))
    return assemble(items, **layout)


def av1(content: bytes) -> Item:
    """The picture within an AVIF file that Pillow wrote, with its size and configuration, to be assembled anew."""
    size = content[content.index(b"ispe") - 4 :][:20]
    at = content.index(b"av1C") - 4
    configuration = content[at : at + int.from_bytes(content[at : at + 4], "big")]
    return Item(b"av01", content[content.index(b"mdat") + 4 :], [size, configuration])


def assemble(items: Sequence[Item], *, primary: int = 1, brand: bytes = b"heic", behind: bytes = b"") -> bytes:
    """The file of these items, numbered from 1, whose bytes lie one after the other in one `mdat`."""
    head = box(b"ftyp", brand, bytes(4), b"mif1", brand)
    room = len(_meta(items, primary, 0))
    return head + _meta(items, primary, len(head) + room + 8) + box(b"mdat", *(i.content for i in items)) + behind


def _meta(items: Sequence[Item], primary: int, at: int) -> bytes:
    places, entries, associations, references = b"", b"", b"", b""
    distinct = list(dict.fromkeys(one for item in items for one in item.properties))
    for number, item in enumerate(items, 1):
        places += struct.pack(">HHHHII", number, 0, 0, 1, at, len(item.content))
        at += len(item.content)
        entries += full(b"infe", 2, struct.pack(">HH", number, 0), item.kind, b"\x00", item.more)
        indexes = [distinct.index(one) + 1 for one in item.properties]
        associations += struct.pack(">HB", number, len(indexes)) + bytes(indexes)
        for kind, targets in item.refers.items():
            numbers = struct.pack(f">{len(targets)}H", *targets)
            references += box(kind, struct.pack(">HH", number, len(targets)), numbers)
    return full(
        b"meta", 0, full(b"hdlr", 0, bytes(4), b"pict", bytes(13)), full(b"pitm", 0, struct.pack(">H", primary)),
        full(b"iloc", 1, struct.pack(">BBH", 0x44, 0, len(items)), places),
        full(b"iinf", 0, struct.pack(">H", len(items)), entries),
        box(b"iprp", box(b"ipco", *distinct), full(b"ipma", 0, struct.pack(">I", len(items)), associations)),
        full(b"iref", 0, references) if references else b"",
    )  # fmt: skip
