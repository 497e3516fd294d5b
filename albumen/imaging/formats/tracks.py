"""The tracks of an AVIF sequence: count their frames, and copy what these need.

ISO/IEC 14496-12, sections 8.2 to 8.7; AV1 Image File Format, section 3.
"""

from collections.abc import Iterator
from itertools import islice

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.boxes import Box, Range, Reader, boxes, copy_needed, find, keep_header
from albumen.imaging.formats.errors import Malformed

_PICTURES = {b"pict", b"vide", b"auxv"}
_SAMPLES = 10_000
_WHOLE = {
    *(b"elst", b"tref", b"vmhd", b"nmhd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stco", b"co64", b"stss"),
    *(b"sdtp", b"sgpd", b"sbgp"),
    *(b"av1C", b"colr", b"pixi", b"pasp", b"clap", b"auxi", b"ccst", b"btrt", b"clli", b"mdcv", b"irot", b"imir"),
}
_WIDTH = 24  # from the start of a sample entry (section 12.1.3)


def count(data: Bytes, moov: Box) -> tuple[int, int]:
    """Return the number of frames and the largest number of pixels of one. Raise Malformed without picture tracks."""
    frames = pixels = 0
    for track in _picture_tracks(data, moov):
        stbl = _table(data, track)
        stsz = find(data, stbl.start, stbl.end, b"stsz")
        entry = _entry(data, stbl)
        reader = Reader(data, entry.start + _WIDTH, entry.end)
        frames = max(frames, Reader(data, stsz.start + 8, stsz.end).take(4))
        pixels = max(pixels, reader.take(2) * reader.take(2))
    if not frames:
        raise Malformed
    return frames, pixels


def keep(data: bytes, clean: bytearray, moov: Box) -> list[Range]:
    """Copy what the frames need into `clean`, at the same offsets; return where the bytes of the frames lie.

    Tracks of sound and text become zeros, as do dates, names and boxes that are not known to be needed. Raise
    Malformed without a track of pictures.
    """
    keep_header(data, clean, moov, moov.kind)
    pictures = list(_picture_tracks(data, moov))
    if not pictures:
        raise Malformed
    for box in boxes(data, moov.start, moov.end):
        if box.kind == b"trak" and box not in pictures:
            keep_header(data, clean, box, b"free")
        else:
            copy_needed(data, clean, box, _WHOLE)
    return [chunk for track in pictures for chunk in _chunks(data, _table(data, track))]


def _picture_tracks(data: Bytes, moov: Box) -> Iterator[Box]:
    for track in boxes(data, moov.start, moov.end):
        if track.kind != b"trak":
            continue
        mdia = find(data, track.start, track.end, b"mdia")
        hdlr = find(data, mdia.start, mdia.end, b"hdlr")
        if data[hdlr.start + 8 : hdlr.start + 12] in _PICTURES and _entry(data, _table(data, track)).kind == b"av01":
            yield track


def _table(data: Bytes, track: Box) -> Box:
    """Return the sample table of a track, which says where its frames lie (section 8.5)."""
    box = track
    for kind in (b"mdia", b"minf", b"stbl"):
        box = find(data, box.start, box.end, kind)
    return box


def _entry(data: Bytes, stbl: Box) -> Box:
    """Return the first sample description, which names the codec (section 8.5.2), or `stsd` itself without one."""
    stsd = find(data, stbl.start, stbl.end, b"stsd")
    return next(boxes(data, stsd.start + 8, stsd.end), stsd)


def _chunks(data: Bytes, stbl: Box) -> Iterator[Range]:
    """Yield where each chunk, a run of frames, starts and ends (sections 8.7.3 to 8.7.5). Raise Malformed for frames
    that are in no chunk."""
    sizes = _sizes(data, find(data, stbl.start, stbl.end, b"stsz"))
    runs = find(data, stbl.start, stbl.end, b"stsc")
    reader = Reader(data, runs.start + 4, runs.end)
    starts = [(reader.take(4), reader.take(4), reader.take(4)) for _ in range(min(reader.take(4), _SAMPLES))]
    for box in boxes(data, stbl.start, stbl.end):
        wide = {b"stco": 4, b"co64": 8}.get(box.kind)
        if wide is None:
            continue
        places = Reader(data, box.start + 4, box.end)
        for chunk in range(1, min(places.take(4), _SAMPLES) + 1):
            while len(starts) > 1 and starts[1][0] <= chunk:
                starts.pop(0)
            offset = places.take(wide)
            length = sum(islice(sizes, starts[0][1] if starts else 0))
            yield offset, offset + length
    if next(sizes, None) is not None:
        raise Malformed


def _sizes(data: Bytes, stsz: Box) -> Iterator[int]:
    reader = Reader(data, stsz.start + 4, stsz.end)
    same, samples = reader.take(4), reader.take(4)
    if samples > _SAMPLES:
        raise Malformed
    return iter([same or reader.take(4) for _ in range(samples)])
