"""The boxes and items of a HEIF file, AVIF among them (ISO/IEC 14496-12, sections 4.2 and 8.11; ISO/IEC 23008-12)."""

from collections.abc import Iterator
from dataclasses import dataclass

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed

_PICTURE_ITEMS = {b"av01", b"hvc1", b"grid", b"iden", b"iovl", b"tmap"}
_TOP_LEVEL = {b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid", b"styp", b"wide", b"idat"}
_KEPT_IN_META = {b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"grpl", b"dinf"}
# User description, creation and modification time, and whatever a vendor invents.
_PRIVATE_PROPERTIES = {b"udes", b"crtt", b"mdft", b"uuid", b"free"}


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where its payload starts, and where it ends."""

    kind: bytes
    start: int
    end: int


def boxes(data: Bytes, at: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets. Raises Malformed when one passes the end."""
    while at < end:
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < header or at + size > end:
            raise Malformed
        yield Box(data[at + 4 : at + 8], at + header, at + size)
        at += size


def is_complete(data: Bytes) -> bool:
    """Whether every box that is one ends within the file; foreign bytes behind the picture are no part of it."""
    at = 0
    while len(data) - at >= 8 and data[at + 4 : at + 8] in _TOP_LEVEL:
        try:
            at = next(boxes(data, at, len(data))).end
        except Malformed:
            return False
    return at > 0


def strip(data: bytes, orientation: int) -> bytes:
    """The file with zeros wherever it holds anything but its picture: EXIF, XMP, other items, gaps, unknown boxes.

    Offsets within the file stay as they are. Raises Malformed for an image sequence (`moov`) and for items that
    lie where they cannot be followed.
    """
    top = list(_readable_boxes(data))
    kinds = [box.kind for box in top]
    if kinds[:1] != [b"ftyp"] or kinds.count(b"meta") != 1 or b"moov" in kinds:
        raise Malformed
    clean = bytearray(top[-1].end)
    for box in top:
        if box.kind == b"meta":
            _keep_meta(data, clean, box)
        elif box.kind == b"ftyp":
            clean[: box.end] = data[: box.end]
        else:
            _keep_header(data, clean, box, box.kind if box.kind == b"mdat" else b"free")
    return bytes(clean)


def _readable_boxes(data: bytes) -> Iterator[Box]:
    """The top-level boxes up to the first that is none: foreign bytes behind the picture are left out."""
    seen = False
    try:
        for box in boxes(data, 0, len(data)):
            seen = seen or box.kind == b"mdat"
            yield box
    except Malformed:
        if not seen:
            raise


def _keep_meta(data: bytes, clean: bytearray, meta: Box) -> None:
    _keep_header(data, clean, meta, b"meta")
    clean[meta.start : meta.start + 4] = data[meta.start : meta.start + 4]
    inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    for box in boxes(data, meta.start + 4, meta.end):
        _keep_header(data, clean, box, box.kind if box.kind in _KEPT_IN_META else b"free")
        if box.kind == b"iprp":
            _keep_properties(data, clean, box)
        elif box.kind in _KEPT_IN_META - {b"idat"}:
            clean[box.start : box.end] = data[box.start : box.end]
    if b"iinf" not in inner or b"iloc" not in inner:
        raise Malformed
    pictures = set()
    for item, kind_at, end in _items(data, inner[b"iinf"]):
        if data[kind_at : kind_at + 4] in _PICTURE_ITEMS:
            pictures.add(item)
        else:
            # An item that still called itself EXIF would be read as such, and its zeros found to be none.
            clean[kind_at:end] = b"skip".ljust(end - kind_at, b"\x00")
    idat = inner.get(b"idat", meta)
    for item, method, start, length in _extents(data, inner[b"iloc"]):
        if item not in pictures:
            continue
        begin, room = (idat.start + start, idat.end) if method == 1 else (start, len(clean))
        if method not in {0, 1} or length == 0 or begin + length > room:
            raise Malformed
        clean[begin : begin + length] = data[begin : begin + length]


def _keep_properties(data: bytes, clean: bytearray, iprp: Box) -> None:
    """Properties are numbered by their order, so that one that is not kept leaves an empty box in its place."""
    for box in boxes(data, iprp.start, iprp.end):
        _keep_header(data, clean, box, box.kind)
        if box.kind != b"ipco":
            clean[box.start : box.end] = data[box.start : box.end]
            continue
        for prop in boxes(data, box.start, box.end):
            private = prop.kind in _PRIVATE_PROPERTIES
            _keep_header(data, clean, prop, b"free" if private else prop.kind)
            if not private:
                clean[prop.start : prop.end] = data[prop.start : prop.end]


def _keep_header(data: bytes, clean: bytearray, box: Box, kind: bytes) -> None:
    at = box.start - 8 if data[box.start - 4 : box.start] == box.kind else box.start - 16
    clean[at : box.start] = data[at : box.start]
    clean[at + 4 : at + 8] = kind


def _items(data: bytes, iinf: Box) -> Iterator[tuple[int, int, int]]:
    """Id of every item, where its type stands, and where its entry ends (ISO/IEC 14496-12, section 8.11.6)."""
    start = iinf.start + (6 if data[iinf.start] == 0 else 8)
    for box in boxes(data, start, iinf.end):
        version = data[box.start]
        wide = 4 if version == 3 else 2
        at = box.start + 4
        if box.kind != b"infe" or version not in {2, 3} or at + wide + 7 > box.end:
            raise Malformed
        yield int.from_bytes(data[at : at + wide], "big"), at + wide + 2, box.end


def _extents(data: bytes, iloc: Box) -> Iterator[tuple[int, int, int, int]]:
    """Item id, construction method, offset and length of every extent (section 8.11.3)."""
    reader = _Reader(data, iloc.start, iloc.end)
    version = reader.take(1)
    reader.take(3)
    sizes = reader.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(reader.take(4 if version == 2 else 2)):
        item = reader.take(4 if version == 2 else 2)
        method = reader.take(2) & 15 if version in {1, 2} else 0
        reader.take(2)
        base = reader.take(base_size)
        for _ in range(reader.take(2)):
            if version in {1, 2}:
                reader.take(index_size)
            offset = reader.take(offset_size)
            yield item, method, base + offset, reader.take(length_size)


class _Reader:
    """Takes big-endian numbers one after the other. Raises Malformed past the end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data, self._at, self._end = data, at, end

    def take(self, size: int) -> int:
        if self._at + size > self._end:
            raise Malformed
        number = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        return number
