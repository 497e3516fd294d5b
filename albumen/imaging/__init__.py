"""Image files: check one and read its facts, make its renditions, and copy it without private metadata.

Only decoder processes read the bytes of images; importing this package loads no image library.
"""

import atexit
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from albumen.imaging.pool import SharedPool
from albumen.imaging.sizes import fit_box, fit_height
from albumen.imaging.values import (
    EXTENSIONS,
    MEDIA_TYPES,
    DecodersBusy,
    Facts,
    Limits,
    Refused,
    RenderedFile,
    Target,
)

_SAMPLE = Path(__file__).with_name("sample.jpg")
_SAMPLE_SIZE = (24, 16)
_decoders = SharedPool()
atexit.register(_decoders.shutdown)


def configure(limits: Limits) -> None:
    """Set the limits for every later call and end the decoders that run."""
    _decoders.configure(limits)


def count_busy_decoders() -> int:
    """Return how many decoders of this process are decoding."""
    return _decoders.busy()


def check_decoders() -> None:
    """Decode a small photograph that is part of this package; return at once while every decoder is at work.

    Raise Refused, RuntimeError or OSError when that fails.
    """
    with suppress(DecodersBusy):
        answer = _decoders.run(_render_command(_SAMPLE, [], webp=True), wait=False)
        if (answer["facts"]["width"], answer["facts"]["height"]) != _SAMPLE_SIZE:
            raise RuntimeError("The sample was decoded in another size.")


def shutdown() -> None:
    """End the decoders of this process; a later call starts new ones."""
    _decoders.shutdown()


def render(source: Path, targets: Sequence[Target], *, webp: bool) -> tuple[Facts, list[RenderedFile]]:
    """Decode the whole file, every frame of it, and write its renditions; return its facts, and them in that order.

    Renditions are upright, sRGB, 8 bit, without metadata, of the first frame, and exactly as large as `fit_height`
    (`fit_box` for a box) says. They are WebP where `webp` is true, else PNG for a picture with transparency and JPEG
    for any other. With no targets the file is decoded all the same.

    Raise Refused, DecodersBusy, or OSError when a file cannot be read or written; then nothing is left at the targets.
    """
    try:
        answer = _decoders.run(_render_command(source, targets, webp=webp))
    except BaseException:
        for target in targets:
            target.path.unlink(missing_ok=True)
        raise
    files = [RenderedFile(target.path, *file) for target, file in zip(targets, answer["files"], strict=True)]
    return Facts(**answer["facts"]), files


def _render_command(source: Path, targets: Sequence[Target], *, webp: bool) -> dict[str, Any]:
    rows = [[str(target.path.absolute()), target.height, target.box] for target in targets]
    return {"kind": "render", "source": str(source.absolute()), "targets": rows, "webp": webp}


def strip(source: Path, target: Path) -> None:
    """Write a copy of the picture in its own format, without private metadata and without foreign bytes.

    Orientation and colour profile stay. JPEG, PNG, WebP, GIF, AVIF and HEIC lose segments and keep their pixels bit
    for bit. TIFF is encoded again, as is a PNG that cannot be taken apart; `render` refuses any other such file.

    Raise Refused, DecodersBusy, or OSError when a file cannot be read or written; then nothing is left at the target.
    """
    try:
        _decoders.run({"kind": "strip", "source": str(source.absolute()), "target": str(target.absolute())})
    except BaseException:
        target.unlink(missing_ok=True)
        raise
