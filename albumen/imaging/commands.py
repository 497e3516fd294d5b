"""The two commands of a decoder process, `render` and `strip`, and the loaders that it may use."""

from collections.abc import Sequence
from pathlib import Path

import pyvips

from albumen.imaging import renditions
from albumen.imaging.formats import strip_bytes
from albumen.imaging.source_image import is_complete, open_image, refusal, truncated
from albumen.imaging.values import Facts, Limits, Refused, RenderedFile, Target

_ALLOWED_LOADERS = ("Jpeg", "Png", "Webp", "Nsgif", "Heif", "Tiff")


def prepare() -> None:
    """Block every loader of libvips but the allowed ones, and switch off its cache."""
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in _ALLOWED_LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{name}", False)
    pyvips.cache_set_max(0)
    # pyvips' own handler of warnings fails on text that is not UTF-8; decoder_process.py silences libvips itself.
    pyvips._remove_log_handler()


def clear_errors() -> None:
    """Empty libvips' error text, to which every error is appended, so that none is taken for the next command's."""
    pyvips.vips_lib.vips_error_clear()


def render(source: Path, targets: Sequence[Target], limits: Limits, *, webp: bool) -> tuple[Facts, list[RenderedFile]]:
    """Run the command behind `albumen.imaging.render`, in the decoder process."""
    image = open_image(source, limits)
    # Libraries fill in what is missing behind the last pixel that they need; libvips reports it for JPEG alone.
    if image.format != "jpeg" and not is_complete(source, image.format):
        raise truncated()
    if image.format == "heic" and strip_bytes(source.read_bytes(), "heic", 1) is None:
        # Its copy for the public could not be made later: there is no encoder for HEIC.
        raise Refused("unsupported_format", "The HEIC file is built in a way that is not known here; send it as JPEG.")
    try:
        files, placeholder = renditions.render(image, targets, webp=webp)
    except pyvips.Error as error:
        raise refusal(source, image.format, error) from error
    return image.facts(placeholder), files


def strip(source: Path, target: Path, limits: Limits) -> None:
    """Run the command behind `albumen.imaging.strip`, in the decoder process."""
    image = open_image(source, limits)
    try:
        stripped = None
        if not image.pages:
            stripped = strip_bytes(source.read_bytes(), image.format, image.exif.orientation)
        if stripped is None:
            stripped = renditions.reencode(image)
    except pyvips.Error as error:
        raise refusal(source, image.format, error) from error
    target.write_bytes(stripped)
