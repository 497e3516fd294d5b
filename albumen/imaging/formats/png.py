"""The chunks of a PNG file (PNG specification, third edition, sections 5 and 11)."""

import zlib
from collections.abc import Iterator

from albumen.imaging.exif import Bytes, minimal_exif
from albumen.imaging.formats.errors import Malformed

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIECE = 1 << 20
_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"sBIT", b"bKGD"),
    *(b"mDCV", b"cLLI", b"pHYs", b"acTL", b"fcTL", b"fdAT"),
}


def chunks(data: Bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type of every chunk and where it starts and ends in the file, up to IEND. Raise Malformed without
    one."""
    at = len(_SIGNATURE)
    while True:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            raise Malformed
        kind = data[at + 4 : at + 8]
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end


def read_size(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels by the header chunk (section 11.2.1); zeros where another comes first."""
    if data[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def is_complete(data: Bytes) -> bool:
    """Return true when the file reaches its end chunk. Raise Malformed when it does not."""
    return any(kind == b"IEND" for kind, _, _ in chunks(data))


def has_sound_later_frames(data: Bytes) -> bool:
    """Return whether every chunk of the frames behind the first has the right checksum.

    libvips decodes the first frame alone, and does not read those chunks.
    """
    return all(
        zlib.crc32(data[start + 4 : end - 4]).to_bytes(4, "big") == data[end - 4 : end]
        for kind, start, end in chunks(data)
        if kind in {b"acTL", b"fcTL", b"fdAT", b"IEND"}
    )


def strip(data: bytes, orientation: int) -> bytes:
    """Return the picture, its animation and its colours, without text, date, EXIF, unknown chunks or trailing
    bytes."""
    _check_streams(data)
    parts = [_SIGNATURE]
    for kind, start, end in chunks(data):
        if kind in _KEPT:
            parts.append(data[start:end])
        if kind == b"IHDR" and orientation != 1:
            parts.append(_chunk(b"eXIf", minimal_exif(orientation)))
    return b"".join(parts)


def _check_streams(data: bytes) -> None:
    """Raise Malformed when a stream of pixels goes on behind its end, or inflates to more than the header allows."""
    width, height = read_size(data)
    # 64 bits a pixel at most, one filter byte a row, and up to twice as many rows when interlaced.
    room = 8 * width * height + 3 * height + 64
    stream, left = zlib.decompressobj(), room
    for kind, start, end in chunks(data):
        if kind == b"fcTL":
            stream, left = zlib.decompressobj(), room
        if kind not in {b"IDAT", b"fdAT"}:
            continue
        packed = data[start + (12 if kind == b"fdAT" else 8) : end - 4]
        if stream.eof and packed:
            raise Malformed
        while packed and not stream.eof and left >= 0:
            try:
                left -= len(stream.decompress(packed, _PIECE))
            except zlib.error as error:
                raise Malformed from error
            packed = stream.unconsumed_tail
        if stream.unused_data or left < 0:
            raise Malformed


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + kind + payload + zlib.crc32(kind + payload).to_bytes(4, "big")
