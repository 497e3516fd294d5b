"""The compressed strips and tiles of a TIFF's page: libtiff stops when it has its pixels, and reads no checksum."""

import zlib
from collections.abc import Callable

from albumen.imaging.exif import Bytes
from albumen.imaging.formats import is_complete
from albumen.imaging.formats.tiff import strips
from albumen.imaging.tiff_pages import DEFLATE, JPEG, OLD_DEFLATE, WEBP, Page

_PIECE = 1 << 16  # bytes that are inflated at once, to at most a thousand times as many


def is_broken(data: Bytes, page: Page) -> bool:
    """Return whether a strip or tile of the page lacks its end, or has a wrong checksum.

    LZW, PackBits and CCITT have neither: those are never called broken.
    """
    is_whole = _WHOLE.get(page.compression)
    if is_whole is None:
        return False
    return not all(is_whole(data, start, end) for start, end in strips(data, page.at) if end > start)


def _inflates(data: Bytes, start: int, end: int) -> bool:
    inflater = zlib.decompressobj()
    try:
        for at in range(start, end, _PIECE):
            inflater.decompress(data[at : min(at + _PIECE, end)])
            if inflater.eof:
                return True
    except zlib.error:
        pass
    return False


_WHOLE: dict[int, Callable[[Bytes, int, int], bool]] = {
    JPEG: lambda data, start, end: is_complete(data[start:end], "jpeg"),
    DEFLATE: _inflates,
    OLD_DEFLATE: _inflates,
    WEBP: lambda data, start, end: is_complete(data[start:end], "webp"),
}
