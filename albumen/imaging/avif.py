"""The frames of AVIF sequences, decoded by Pillow's libavif: libvips reads the still picture beside them alone."""

import io
from pathlib import Path

from albumen.imaging.values import DAMAGED, Refused


def decode_frames(path: Path, frames: int) -> None:
    """Decode every frame, and keep none. Raise Refused when one is damaged, or when there are other than `frames`."""
    # Imported for the first sequence: most decoders never meet one.
    from PIL import AvifImagePlugin, Image

    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # The limits were held already.
    Image.MAX_IMAGE_PIXELS = None
    content = bytearray(path.read_bytes())
    # With this as the major brand the tracks are read, and not the still picture.
    content[8:12] = b"avis"
    try:
        with Image.open(io.BytesIO(content), formats=["AVIF"]) as sequence:
            found = getattr(sequence, "n_frames", 1)
            for frame in range(found if found == frames else 0):
                sequence.seek(frame)
                sequence.load()
    except (OSError, ValueError, RuntimeError, EOFError, SyntaxError) as error:
        raise Refused("undecodable", DAMAGED) from error
    if found != frames:
        raise Refused("undecodable", DAMAGED)
