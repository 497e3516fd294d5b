"""Pictures: what a file is, its derivatives, and its copy without private metadata.

The bytes of pictures are read in decoder processes alone; importing this package loads no image library.
"""

import atexit
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from albumen.imaging.pool import Decoders
from albumen.imaging.sizes import fit_box, fit_height
from albumen.imaging.values import EXTENSIONS, MEDIA_TYPES, Busy, Facts, Limits, Made, Refused, Target

__all__ = [
    "EXTENSIONS",
    "MEDIA_TYPES",
    "Busy",
    "Facts",
    "Limits",
    "Made",
    "Refused",
    "Target",
    "busy",
    "check",
    "configure",
    "fit_box",
    "fit_height",
    "render",
    "shutdown",
    "strip",
]

# Every step of a photograph's way through a decoder is taken for it.
_KNOWN = Path(__file__).with_name("known.jpg")
_KNOWN_SIZE = (24, 16)
_decoders = Decoders()
atexit.register(_decoders.shutdown)


def configure(limits: Limits) -> None:
    """Sets the limits for every later call; decoders that already run are ended."""
    _decoders.configure(limits)


def busy() -> int:
    """How many decoders of this process are at work."""
    return _decoders.busy()


def check() -> None:
    """Decode a known picture; return at once while every decoder is at work.

    Raise Refused, RuntimeError or OSError when it is not decoded: then no picture is.
    """
    with suppress(Busy):
        answer = _decoders.run(_render_job(_KNOWN, [], webp=True), wait=False)
        if (answer["facts"]["width"], answer["facts"]["height"]) != _KNOWN_SIZE:
            raise RuntimeError("The known picture came out in another size.")


def shutdown() -> None:
    """Ends the decoders of this process. A later call starts new ones."""
    _decoders.shutdown()


def render(source: Path, targets: Sequence[Target], *, webp: bool) -> tuple[Facts, list[Made]]:
    """Decodes the file whole, every frame of it, and writes its derivatives, in the order of `targets`.

    Derivatives are upright, sRGB, 8 bit, without metadata, of the first frame, and exactly as large as `fit_height`
    (`fit_box` for a box) says. They are WebP where `webp` is true, else PNG for a picture with transparency and JPEG
    for any other. With no targets the file is decoded all the same.

    Raises Refused, Busy, or OSError when a file cannot be read or written; then nothing is left at the targets.
    """
    try:
        answer = _decoders.run(_render_job(source, targets, webp=webp))
    except BaseException:
        for target in targets:
            target.path.unlink(missing_ok=True)
        raise
    made = [
        Made(target.path, form, width, height)
        for target, (_, form, width, height) in zip(targets, answer["made"], strict=True)
    ]
    return Facts(**answer["facts"]), made


def _render_job(source: Path, targets: Sequence[Target], *, webp: bool) -> dict[str, Any]:
    asked = [[str(target.path.absolute()), target.height, target.box] for target in targets]
    return {"kind": "render", "source": str(source.absolute()), "targets": asked, "webp": webp}


def strip(source: Path, target: Path) -> None:
    """Writes a copy of the picture, in its own format, without private metadata and without foreign bytes.

    Orientation and colour profile stay. JPEG, PNG, WebP, GIF, AVIF and HEIC lose segments and keep their pixels bit
    for bit; TIFF, and whatever else cannot be taken apart, is encoded again. HEIC never is: `render` refuses one that
    cannot be taken apart.

    Raises Refused, Busy, or OSError when a file cannot be read or written; then nothing is left at the target.
    """
    try:
        _decoders.run({"kind": "strip", "source": str(source.absolute()), "target": str(target.absolute())})
    except BaseException:
        target.unlink(missing_ok=True)
        raise
