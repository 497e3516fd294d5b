"""Decode images for a request or a task."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from albumen import imaging
from albumen.errors import Unavailable
from albumen.places import SIZE, Places
from albumen.storage import room_needed

_decoders = Places(
    "decoders", size=SIZE, at_once=settings.DECODERS, each=settings.DECODERS, seconds=30, busy="decoders_busy"
)


@contextmanager
def decoding() -> Iterator[None]:
    """Run the block once a decoder is free for this client. Raise `LimitReached` or `Unavailable` if too many requests
    wait for that, `OutOfSpace` where the disk is full."""
    try:
        with _decoders.place(), room_needed():
            yield
    except imaging.DecodersBusy:
        raise Unavailable("decoders_busy") from None
