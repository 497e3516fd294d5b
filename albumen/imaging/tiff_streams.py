"""The compressed strips and tiles of a TIFF's page: libtiff stops when it has its pixels, and reads no checksum."""

import zlib
from collections.abc import Callable

from albumen.imaging.exif import Bytes
from albumen.imaging.formats import jpeg, webp
from albumen.imaging.formats.tiff import strips
from albumen.imaging.tiff_pages import DEFLATE, JPEG, OLD_DEFLATE, WEBP, Page

_CHUNK = 1 << 22


def is_broken(data: Bytes, page: Page) -> bool:
    """Return whether a strip or tile of the page lacks its end, or has a wrong checksum.

    LZW, PackBits and CCITT have neither: those are never called broken.
    """
    is_whole = _WHOLE.get(page.compression)
    if is_whole is None:
        return False
    return not all(is_whole(data[start:end]) for start, end in strips(data, page.at) if end > start)


def _inflates(stream: bytes) -> bool:
    inflater = zlib.decompressobj()
    try:
        while not inflater.eof:
            if not inflater.decompress(stream, _CHUNK) and not inflater.unconsumed_tail:
                return inflater.eof
            stream = inflater.unconsumed_tail
    except zlib.error:
        return False
    return True


_WHOLE: dict[int, Callable[[bytes], bool]] = {
    JPEG: jpeg.is_complete,
    DEFLATE: _inflates,
    OLD_DEFLATE: _inflates,
    WEBP: webp.is_complete,
}
