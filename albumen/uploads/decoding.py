"""Decode images for a request or a task."""

from collections.abc import Iterator
from contextlib import contextmanager

from albumen import imaging
from albumen.errors import Unavailable
from albumen.storage import room_needed


@contextmanager
def decoding() -> Iterator[None]:
    """Raise `Unavailable` where all decoders are busy during the block, `OutOfSpace` where the disk is full."""
    try:
        with room_needed():
            yield
    except imaging.DecodersBusy:
        raise Unavailable("decoders_busy") from None
