"""TIFF files written by hand, because no library writes what others send."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_KINDS = {"B": 1, "H": 3, "I": 4}
_FORMATS = {"B": (8, 1), "H": (16, 1), "I": (32, 1), "b": (8, 2), "h": (16, 2), "i": (32, 2)}
_FORMATS |= {"e": (16, 3), "f": (32, 3), "d": (64, 3)}
SIDE = 16


@dataclass
class Page:
    """One directory: integers by tag, its strips (or tiles), and the directories that it points at."""

    tags: dict[int, Sequence[int]]
    strips: list[bytes]
    children: list["Page"] = field(default_factory=list)
    blobs: Mapping[int, bytes] = field(default_factory=dict)


def page(
    *halves: Sequence[float],
    kind: str = "B",
    photometric: int = 2,
    order: str = "<",
    planes: bool = False,
    children: Sequence[Page] = (),
    blobs: Mapping[int, bytes] | None = None,
    **tags: Sequence[int],
) -> Page:
    """A page of 16 x 16 pixels in two colours, left and right; kind is struct's letter for a sample.

    Other tags are given as t338=(1,).
    """
    row = [sample for half in (halves[0], halves[-1]) for _ in range(SIDE // 2) for sample in half]
    samples = len(halves[0])
    if planes:
        strips = [struct.pack(f"{order}{SIDE}{kind}", *row[at::samples]) * SIDE for at in range(samples)]
    else:
        strips = [struct.pack(f"{order}{len(row)}{kind}", *row) * SIDE]
    bits, form = _FORMATS[kind]
    own = {
        256: [SIDE],
        257: [SIDE],
        258: [bits] * samples,
        259: [1],
        262: [photometric],
        277: [samples],
        278: [SIDE],
        284: [2 if planes else 1],
        339: [form] * samples,
    }
    given = {int(name[1:]): values for name, values in tags.items()}
    return Page({**own, **given}, strips, list(children), blobs or {})


def tiff(*pages: Page, order: str = "<") -> bytes:
    """The file: a header, then each page's strips and its directory."""
    out = bytearray(struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 0))
    pointer = 4
    for one in pages:
        at, pointer_of_next = _add(out, one, order)
        struct.pack_into(order + "I", out, pointer, at)
        pointer = pointer_of_next
    return bytes(out)


def _add(out: bytearray, one: Page, order: str) -> tuple[int, int]:
    children = [_add(out, child, order)[0] for child in one.children]
    offsets = [_place(out, strip) for strip in one.strips]
    tiled = 322 in one.tags
    tags = {**one.tags, 324 if tiled else 273: offsets, 325 if tiled else 279: [len(strip) for strip in one.strips]}
    if children:
        tags[330] = children
    fields: dict[int, tuple[int, int, bytes]] = {}
    for tag, values in tags.items():
        kind = "I" if max(values, default=0) > 65_535 or tag in {273, 279, 324, 325, 330} else "H"
        fields[tag] = (_KINDS[kind], len(values), struct.pack(f"{order}{len(values)}{kind}", *values))
    for tag, blob in one.blobs.items():
        fields[tag] = (2 if tag < 700 else 7, len(blob), blob)
    entries = b""
    for tag, (kind, count, content) in sorted(fields.items()):
        inline = content.ljust(4, b"\0") if len(content) <= 4 else struct.pack(order + "I", _place(out, content))
        entries += struct.pack(f"{order}HHI", tag, kind, count) + inline
    at = _place(out, struct.pack(order + "H", len(fields)) + entries + bytes(4))
    return at, len(out) - 4


def _place(out: bytearray, content: bytes) -> int:
    if len(out) % 2:
        out += b"\0"
    out += content
    return len(out) - len(content)
