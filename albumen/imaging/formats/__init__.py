"""The containers that pictures come in: how they are built, whether they are whole, and what a public copy keeps."""

from collections.abc import Callable

from albumen.imaging.formats import gif, heif, jpeg, png, webp
from albumen.imaging.formats.errors import Malformed

_STRIPPERS: dict[str, Callable[[bytes, int], bytes]] = {
    "jpeg": jpeg.strip,
    "png": png.strip,
    "webp": webp.strip,
    "gif": gif.strip,
    "avif": heif.strip,
    "heic": heif.strip,
}


def strip_bytes(data: bytes, form: str, orientation: int) -> bytes | None:
    """Return the file without private metadata, its pixels unchanged, or None where it cannot be taken apart."""
    stripper = _STRIPPERS.get(form)
    if stripper is None:
        return None
    try:
        return stripper(data, orientation)
    except Malformed:
        return None
