"""The containers of the picture formats: check that a file is whole, and copy it without private metadata."""

import struct
from types import ModuleType

from albumen.imaging.exif import Bytes
from albumen.imaging.formats import gif, heif, jpeg, png, tiff, webp
from albumen.imaging.formats.errors import Malformed

_CONTAINERS: dict[str, ModuleType] = {
    "jpeg": jpeg,
    "png": png,
    "webp": webp,
    "gif": gif,
    "avif": heif,
    "heic": heif,
    "tiff": tiff,
}


def is_complete(data: Bytes, form: str) -> bool:
    """Return whether the file reaches the end that its own structure gives."""
    try:
        return bool(_CONTAINERS[form].is_complete(data))
    except (Malformed, struct.error, OverflowError):
        return False


def strip_bytes(data: bytes, form: str, orientation: int) -> bytes | None:
    """Return the file without private metadata, its pixels unchanged, or None where it cannot be taken apart.

    A TIFF never can: its parts lie wherever its offsets say.
    """
    if form == "tiff":
        return None
    try:
        return bytes(_CONTAINERS[form].strip(data, orientation))
    except Malformed:
        return None
