"""HEIF files, which AVIF and HEIC are: check that one is whole, and copy it without private metadata.

ISO/IEC 14496-12, sections 4.2 and 8.11; ISO/IEC 23008-12.
"""

from collections.abc import Iterable, Iterator

from albumen.imaging.exif import Bytes
from albumen.imaging.formats import tracks
from albumen.imaging.formats.boxes import Box, Range, boxes, copy_needed, keep_header
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.items import entries, extents

_PICTURE_ITEMS = {b"av01", b"hvc1", b"grid", b"iden", b"iovl", b"tmap"}
_TOP_LEVEL = {b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid", b"styp", b"wide", b"idat"}
_KEPT_IN_META = {b"pitm", b"iinf", b"iloc", b"iref", b"grpl", b"ipma"}

# Brands of image sequences, and those of a still picture in their place (ISO/IEC 23008-12, section 10).
_STILL = {b"msf1": b"mif1", b"hevc": b"heic", b"hevx": b"heix", b"hevm": b"heim", b"hevs": b"heis"}


def is_complete(data: Bytes) -> bool:
    """Return whether the file begins with boxes; foreign bytes behind the last one are no part of it.

    Raise Malformed for a box that ends behind the file.
    """
    at = 0
    while len(data) - at >= 8 and data[at + 4 : at + 8] in _TOP_LEVEL:
        at = next(boxes(data, at, len(data))).end
    return at > 0


def strip(data: bytes, orientation: int) -> bytes:
    """Return the file with zeros in place of all but its pictures, cut behind the last box that holds one.

    EXIF, XMP, other items, and boxes that are not known to be needed become zeros; pictures keep their places, so that
    no offset changes. Of a HEIC sequence the still picture is kept, which is all that was decoded; of an AVIF sequence
    every frame. Raise Malformed for a picture that does not lie within one box.
    """
    top = list(_readable_boxes(data))
    kinds = [box.kind for box in top]
    if kinds[:1] != [b"ftyp"] or kinds.count(b"meta") != 1:
        raise Malformed
    ftyp, meta, moov = top[0], top[kinds.index(b"meta")], find_sequence(data)
    clean = bytearray(top[-1].end)
    clean[: ftyp.end] = b"".join(brand if moov else _STILL.get(brand, brand) for brand in _brands(data, ftyp))
    pieces = _keep_meta(data, clean, meta)
    if moov:
        pieces += tracks.keep(data, clean, moov)
    holders = [box for box in top if box not in (ftyp, meta, moov)]
    for box in holders:
        keep_header(data, clean, box, b"mdat" if box.kind == b"mdat" else b"free")
    last = max(box.end for box in (meta, moov) if box)
    for start, end in pieces:
        last = max(last, _holder(holders, start, end).end)
        clean[start:end] = data[start:end]
    return bytes(clean[:last])


def _holder(holders: Iterable[Box], start: int, end: int) -> Box:
    """Return the box that holds these bytes of a picture. Raise Malformed where none holds all of them."""
    for box in holders:
        if box.start <= start < end <= box.end:
            return box
    raise Malformed


def count_frames(data: Bytes) -> tuple[int, int]:
    """Return the number of frames of an AVIF sequence and the pixels of the largest; 1 and 0 for any other file."""
    moov = find_sequence(data)
    try:
        return tracks.count(data, moov) if moov else (1, 0)
    except Malformed:
        return 1, 0


def find_sequence(data: Bytes) -> Box | None:
    """Return the `moov` box, which holds the tracks, where the file has the brand of AVIF sequences; else None."""
    try:
        top = {box.kind: box for box in _readable_boxes(data)}
    except Malformed:
        return None
    return top.get(b"moov") if b"ftyp" in top and b"avis" in _brands(data, top[b"ftyp"]) else None


def _readable_boxes(data: Bytes) -> Iterator[Box]:
    """Yield the top-level boxes up to foreign bytes. Raise Malformed for such in front of the first `mdat`."""
    seen = False
    try:
        for box in boxes(data, 0, len(data)):
            seen = seen or box.kind == b"mdat"
            yield box
    except Malformed:
        if not seen:
            raise


def _brands(data: Bytes, ftyp: Box) -> list[bytes]:
    """Return the bytes up to the end of the file type box in pieces of four: each brand is one of them."""
    return [bytes(data[at : min(at + 4, ftyp.end)]) for at in range(0, ftyp.end, 4)]


def _keep_meta(data: bytes, clean: bytearray, meta: Box) -> list[Range]:
    """Copy what the pictures need of this box into `clean`; return where their bytes lie outside of it."""
    inner = {box.kind: box for box in boxes(data, meta.start + 4, meta.end)}
    if b"iinf" not in inner or b"iloc" not in inner:
        raise Malformed
    keep_header(data, clean, meta, b"meta")
    clean[meta.start : meta.start + 4] = data[meta.start : meta.start + 4]
    for box in boxes(data, meta.start + 4, meta.end):
        copy_needed(data, clean, box, _KEPT_IN_META)
    pictures = set()
    for entry in entries(data, inner[b"iinf"]):
        if data[entry.kind_at : entry.kind_at + 4] in _PICTURE_ITEMS:
            pictures.add(entry.number)
            clean[entry.kind_at + 4 : entry.end] = bytes(entry.end - entry.kind_at - 4)
        else:
            # Readers of an item of the type Exif would report its zeros as damage.
            clean[entry.kind_at : entry.end] = b"skip".ljust(entry.end - entry.kind_at, b"\x00")
    idat = inner.get(b"idat", meta)
    outside = []
    for piece in extents(data, inner[b"iloc"]):
        if piece.item not in pictures:
            continue
        if piece.method == 0:
            outside.append((piece.offset, piece.offset + piece.length))
            continue
        start, end = idat.start + piece.offset, idat.start + piece.offset + piece.length
        if piece.method != 1 or not idat.start <= start < end <= idat.end:
            raise Malformed
        clean[start:end] = data[start:end]
    return outside
