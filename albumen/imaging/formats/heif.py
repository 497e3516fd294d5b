"""HEIF files, AVIF and HEIC among them: whether they are whole, and what a public copy keeps.

ISO/IEC 14496-12, sections 4.2 and 8.11; ISO/IEC 23008-12.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from albumen.imaging.exif import Bytes
from albumen.imaging.formats import tracks
from albumen.imaging.formats.boxes import Box, boxes, keep_header
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.items import Extent, Items, entries, extents

_PICTURE_ITEMS = {b"av01", b"hvc1", b"grid", b"iden", b"iovl", b"tmap"}
_TOP_LEVEL = {b"ftyp", b"meta", b"mini", b"mdat", b"moov", b"free", b"skip", b"uuid", b"styp", b"wide", b"idat"}
_KEPT_IN_META = {b"hdlr", b"pitm", b"iinf", b"iloc", b"iprp", b"iref", b"idat", b"grpl", b"dinf"}
# User description, creation and modification time, and whatever a vendor invents.
_PRIVATE_PROPERTIES = {b"udes", b"crtt", b"mdft", b"uuid", b"free"}
# Where ISO/IEC 23008-12, annex O, says that a low-overhead file carries Exif and XMP: bits 9 and 10 of its box.
_MINI_METADATA = 0b0110_0000

# Brands of image sequences, and those of a still picture in their place (ISO/IEC 23008-12, section 10).
_STILL = {b"msf1": b"mif1", b"hevc": b"heic", b"hevx": b"heix", b"hevm": b"heim", b"hevs": b"heis"}

Range = tuple[int, int]


def is_complete(data: Bytes) -> bool:
    """Return whether every box ends within the file; foreign bytes behind the picture are no part of it."""
    at = 0
    while len(data) - at >= 8 and data[at + 4 : at + 8] in _TOP_LEVEL:
        try:
            at = next(boxes(data, at, len(data))).end
        except Malformed:
            return False
    return at > 0


def strip(data: bytes, orientation: int) -> bytes:
    """Return the file with its pictures alone: no EXIF, XMP or other item, no video, no unknown box, nothing between.

    What was within the `meta` box is overwritten with zeros; the bytes of the pictures are moved together behind it.
    Of a HEIC sequence its still picture is kept, which is all that was decoded; of an AVIF sequence every frame. Raise
    Malformed for what lies where it cannot be followed.
    """
    top = list(_readable_boxes(data))
    by_kind = {box.kind: box for box in top}
    if b"mini" in by_kind:
        return _strip_mini(data, top)
    if not top or top[0].kind != b"ftyp" or [box.kind for box in top].count(b"meta") != 1:
        raise Malformed
    data = data[: top[-1].end]
    meta, moov = by_kind[b"meta"], find_sequence(data)
    kept = [meta, moov] if moov else [meta]
    clean = bytearray(max(box.end for box in kept))
    pieces = _keep_meta(data, clean, meta)
    if moov:
        pieces += tracks.keep(data, clean, moov)
    ranges = _merged((piece.offset, piece.offset + piece.length) for piece in pieces)
    head = b"".join(brand if moov else _STILL.get(brand, brand) for brand in _brands(data, top[0]))
    begin = len(head) + sum(box.end - box.at for box in kept) + 16
    starts = [start for start, _ in ranges]
    places = list(accumulate((end - start for start, end in ranges), initial=begin))
    for piece in pieces:
        number = bisect_right(starts, piece.offset) - 1
        _move(clean, piece, places[number] + piece.offset - starts[number])
    body = b"".join(data[start:end] for start, end in ranges)
    boxes_ = b"".join(clean[box.at : box.end] for box in kept)
    return head + boxes_ + b"\x00\x00\x00\x01mdat" + (len(body) + 16).to_bytes(8, "big") + body


def count_frames(data: Bytes) -> tuple[int, int]:
    """Return the number of frames of an AVIF sequence and the pixels of the largest; 1 and 0 for any other file."""
    moov = find_sequence(data)
    try:
        return tracks.count(data, moov) if moov else (1, 0)
    except Malformed:
        return 1, 0


def lacks_still(data: Bytes) -> bool:
    """Return whether this is an AVIF sequence that has no still picture beside it."""
    if not find_sequence(data):
        return False
    try:
        Items(data)
    except Malformed:
        return True
    return False


def find_sequence(data: Bytes) -> Box | None:
    """Return the `moov` box of a file that calls itself an AVIF sequence."""
    try:
        top = {box.kind: box for box in _readable_boxes(data)}
    except Malformed:
        return None
    return top.get(b"moov") if b"ftyp" in top and b"avis" in _brands(data, top[b"ftyp"]) else None


def _readable_boxes(data: Bytes) -> Iterator[Box]:
    """Yield the top-level boxes up to the first that is none: foreign bytes behind the picture are left out."""
    seen = False
    try:
        for box in boxes(data, 0, len(data)):
            seen = seen or box.kind in {b"mdat", b"mini"}
            yield box
    except Malformed:
        if not seen:
            raise


def _brands(data: Bytes, ftyp: Box) -> list[bytes]:
    """Return the whole file type box in pieces of four bytes, the brands among them."""
    return [bytes(data[at : min(at + 4, ftyp.end)]) for at in range(0, ftyp.end, 4)]


def _strip_mini(data: bytes, top: list[Box]) -> bytes:
    """Return the two boxes of a low-overhead file. Raise Malformed when it has metadata, which lies between bits."""
    if [box.kind for box in top[:2]] != [b"ftyp", b"mini"] or data[top[1].start + 1] & _MINI_METADATA:
        raise Malformed
    return data[: top[1].end]


def _merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the ranges in order, those that touch or overlap as one, so that no byte is copied twice."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _move(clean: bytearray, piece: Extent, to: int) -> None:
    """Write the new offset of a piece, whole in one of its two parts."""
    at, size = (piece.offset_at, piece.offset_size) if piece.offset_size else (piece.base_at, piece.base_size)
    if size < 4 and to >> 8 * size:
        raise Malformed
    if piece.offset_size:
        clean[piece.base_at : piece.base_at + piece.base_size] = bytes(piece.base_size)
    clean[at : at + size] = to.to_bytes(size, "big")


def _empty(clean: bytearray, piece: Extent) -> None:
    """Point a piece that is not kept at the first byte alone: no piece has none, and none may pass the end."""
    for at, size, value in (
        (piece.base_at, piece.base_size, 0),
        (piece.offset_at, piece.offset_size, 0),
        (piece.offset_at + piece.offset_size, piece.length_size, 1),
    ):
        clean[at : at + size] = value.to_bytes(size, "big") if size else b""


def _keep_meta(data: bytes, clean: bytearray, meta: Box) -> list[Extent]:
    """Copy what the pictures need into `clean`, at the same offsets; return their pieces outside of this box."""
    keep_header(data, clean, meta, b"meta")
    clean[meta.start : meta.start + 4] = data[meta.start : meta.start + 4]
    inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    for box in boxes(data, meta.start + 4, meta.end):
        keep_header(data, clean, box, box.kind if box.kind in _KEPT_IN_META else b"free")
        if box.kind == b"iprp":
            _keep_properties(data, clean, box)
        elif box.kind == b"hdlr":
            # A name stands behind the type.
            clean[box.start : box.start + 12] = data[box.start : box.start + 12]
        elif box.kind in _KEPT_IN_META - {b"idat"}:
            clean[box.start : box.end] = data[box.start : box.end]
    if b"iinf" not in inner or b"iloc" not in inner:
        raise Malformed
    pictures = set()
    for entry in entries(data, inner[b"iinf"]):
        if data[entry.kind_at : entry.kind_at + 4] in _PICTURE_ITEMS:
            pictures.add(entry.number)
            clean[entry.kind_at + 4 : entry.end] = bytes(entry.end - entry.kind_at - 4)
        else:
            # An item that still called itself EXIF would be read as such, and its zeros found to be none.
            clean[entry.kind_at : entry.end] = b"skip".ljust(entry.end - entry.kind_at, b"\x00")
    idat = inner.get(b"idat", meta)
    outside = []
    for piece in extents(data, inner[b"iloc"]):
        if piece.item not in pictures:
            _empty(clean, piece)
            continue
        begin, room = (idat.start + piece.offset, idat.end) if piece.method == 1 else (piece.offset, len(data))
        if piece.method not in {0, 1} or piece.length == 0 or begin + piece.length > room:
            raise Malformed
        if piece.method == 0:
            outside.append(piece)
        else:
            clean[begin : begin + piece.length] = data[begin : begin + piece.length]
    return outside


def _keep_properties(data: bytes, clean: bytearray, iprp: Box) -> None:
    """Copy the needed properties. They are numbered by their order, so that each other one becomes an empty box."""
    for box in boxes(data, iprp.start, iprp.end):
        keep_header(data, clean, box, box.kind)
        if box.kind != b"ipco":
            clean[box.start : box.end] = data[box.start : box.end]
            continue
        for prop in boxes(data, box.start, box.end):
            private = prop.kind in _PRIVATE_PROPERTIES
            keep_header(data, clean, prop, b"free" if private else prop.kind)
            if not private:
                clean[prop.start : prop.end] = data[prop.start : prop.end]
