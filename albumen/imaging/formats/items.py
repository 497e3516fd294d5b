"""The items of a HEIF file: the primary picture, the items that it is made of, and their properties.

ISO/IEC 14496-12, section 8.11; ISO/IEC 23008-12, sections 6 and 9.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.boxes import Box, Reader, boxes, find
from albumen.imaging.formats.errors import Malformed

_HEAD = 256
_DERIVED = {b"grid", b"iden", b"iovl"}
_ALPHA = (b"urn:mpeg:hevc:2015:auxid:1\x00", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00")


@dataclass(frozen=True, slots=True)
class Entry:
    """An item's number, where its type stands, and where its entry ends."""

    number: int
    kind_at: int
    end: int


@dataclass(frozen=True, slots=True)
class Extent:
    """A piece of an item: offset and length within the file (method 0) or the item data box (method 1)."""

    item: int
    method: int
    offset: int
    length: int


def entries(data: Bytes, iinf: Box) -> Iterator[Entry]:
    """Yield every item in the list of items (ISO/IEC 14496-12, section 8.11.6). Raise Malformed for another list."""
    start = iinf.start + (6 if data[iinf.start] == 0 else 8)
    for box in boxes(data, start, iinf.end):
        version = data[box.start]
        wide = 4 if version == 3 else 2
        at = box.start + 4
        if box.kind != b"infe" or version not in {2, 3} or at + wide + 7 > box.end:
            raise Malformed
        yield Entry(int.from_bytes(data[at : at + wide], "big"), at + wide + 2, box.end)


def extents(data: Bytes, iloc: Box) -> Iterator[Extent]:
    """Yield the pieces of every item (ISO/IEC 14496-12, section 8.11.3). Raise Malformed past the end of the box."""
    reader = Reader(data, iloc.start, iloc.end)
    version = reader.take(1)
    reader.skip(3)
    sizes = reader.take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(reader.take(4 if version == 2 else 2)):
        item = reader.take(4 if version == 2 else 2)
        method = reader.take(2) & 15 if version in {1, 2} else 0
        reader.skip(2)
        base = reader.take(base_size)
        for _ in range(reader.take(2)):
            if version in {1, 2}:
                reader.skip(index_size)
            offset = base + reader.take(offset_size)
            yield Extent(item, method, offset, reader.take(length_size))


class Items:
    """The items of a file, their types, references and properties. Raise Malformed where they cannot be read."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        meta = find(data, 0, len(data), b"meta")
        self._inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
        pitm = self._box(b"pitm")
        reader = Reader(data, pitm.start, pitm.end)
        wide = 4 if reader.take(1) else 2
        reader.skip(3)
        self.primary = reader.take(wide)
        self.kinds = {
            entry.number: bytes(data[entry.kind_at : entry.kind_at + 4]) for entry in entries(data, self._box(b"iinf"))
        }
        self._references = list(self._read_references())
        self._properties = self._read_properties()

    def coded(self, item: int | None = None) -> int:
        """Return the number of the item that holds the coded pixels of an item, by default of the primary one.

        Of a picture that is put together from others (ISO/IEC 23008-12, section 6.6) it is the first of those.
        """
        item = self.primary if item is None else item
        for _ in range(8):
            if self.kinds.get(item) not in _DERIVED:
                break
            parts = [to for kind, source, to in self._references if (kind, source) == (b"dimg", item)]
            if not parts:
                raise Malformed
            item = parts[0]
        return item

    def alpha(self) -> int | None:
        """Return the number of the item that holds the transparency of the primary picture, or None."""
        for kind, source, to in self._references:
            if kind == b"auxl" and to == self.primary:
                for box in self.properties(source, b"auxC"):
                    if bytes(self._data[box.start + 4 : box.end]).startswith(_ALPHA):
                        return source
        return None

    def colours(self) -> list[Box]:
        """Return the colour properties of the primary picture, or, where it has none, of the item with its pixels."""
        return self.properties(self.primary, b"colr") or self.properties(self.coded(), b"colr")

    def head(self, item: int) -> bytes:
        """Return the first 256 bytes of an item. Raise Malformed where it has none."""
        for piece in extents(self._data, self._box(b"iloc")):
            if piece.item == item:
                start = piece.offset + (self._box(b"idat").start if piece.method == 1 else 0)
                return bytes(self._data[start : start + min(piece.length, _HEAD)])
        raise Malformed

    def properties(self, item: int, kind: bytes) -> list[Box]:
        """Return the item's properties of that type, in the order of their association."""
        return [box for box in self._properties.get(item, []) if box.kind == kind]

    def _box(self, kind: bytes) -> Box:
        if kind not in self._inner:
            raise Malformed
        return self._inner[kind]

    def _read_references(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield type, from and to of every reference (section 8.11.12)."""
        iref = self._inner.get(b"iref")
        if iref is None:
            return
        wide = 4 if self._data[iref.start] else 2
        for box in boxes(self._data, iref.start + 4, iref.end):
            reader = Reader(self._data, box.start, box.end)
            source = reader.take(wide)
            for _ in range(reader.take(2)):
                yield bytes(box.kind), source, reader.take(wide)

    def _read_properties(self) -> dict[int, list[Box]]:
        iprp = self._box(b"iprp")
        ipco = find(self._data, iprp.start, iprp.end, b"ipco")
        known = list(boxes(self._data, ipco.start, ipco.end))
        found: dict[int, list[Box]] = {}
        for ipma in boxes(self._data, iprp.start, iprp.end):
            if ipma.kind != b"ipma":
                continue
            reader = Reader(self._data, ipma.start, ipma.end)
            version, wide = reader.take(1), 1
            reader.skip(2)
            wide = 2 if reader.take(1) & 1 else 1
            for _ in range(reader.take(4)):
                item = reader.take(4 if version else 2)
                indexes = [reader.take(wide) & (0x7FFF if wide == 2 else 0x7F) for _ in range(reader.take(1))]
                found[item] = [known[index - 1] for index in indexes if 0 < index <= len(known)]
        return found
