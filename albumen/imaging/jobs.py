"""The two jobs of a decoder process, and the choice of loaders that it may use."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyvips

from albumen.imaging import derivatives
from albumen.imaging.formats import strip_bytes
from albumen.imaging.pictures import cut_short, is_complete, open_picture, refusal
from albumen.imaging.values import Facts, Limits, Made, Refused, Target

_ALLOWED_LOADERS = ("Jpeg", "Png", "Webp", "Nsgif", "Heif", "Tiff")


def prepare() -> None:
    """Leaves libvips with the allowed loaders alone; everything else it was built with is blocked."""
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in _ALLOWED_LOADERS:
        pyvips.operation_block_set(f"VipsForeignLoad{name}", False)
    pyvips.cache_set_max(0)
    # pyvips' own handler of warnings fails on text that is not UTF-8; VIPS_WARNING in worker.py silences libvips.
    pyvips._remove_log_handler()


def clear_errors() -> None:
    """Empty libvips' error text, which grows until somebody reads it, and which the next job would find."""
    pyvips.vips_lib.vips_error_clear()


def render(source: Path, targets: Sequence[Target], limits: Limits, *, webp: bool) -> tuple[Facts, list[Made]]:
    """See albumen.imaging.render."""
    picture = open_picture(source, limits)
    # Decoders fill in what is missing behind the last pixel that they want; libvips tells for JPEG alone.
    if picture.format != "jpeg" and not is_complete(source, picture.format):
        raise cut_short()
    if picture.format == "heic" and strip_bytes(source.read_bytes(), "heic", 1) is None:
        # A copy for others could not be made later: there is no encoder for HEIC to write it with.
        raise Refused("unsupported_format", "The HEIC file is built in a way that is not known here; send it as JPEG.")
    try:
        made, placeholder = derivatives.make(picture, targets, webp=webp)
    except pyvips.Error as error:
        raise refusal(picture.path, picture.format, error) from error
    return replace(picture.facts, placeholder=placeholder), made


def strip(source: Path, target: Path, limits: Limits) -> None:
    """See albumen.imaging.strip."""
    picture = open_picture(source, limits)
    try:
        stripped = None
        if not picture.pages:
            stripped = strip_bytes(source.read_bytes(), picture.format, picture.exif.orientation)
        if stripped is None:
            stripped = derivatives.encode_anew(picture)
    except pyvips.Error as error:
        raise refusal(picture.path, picture.format, error) from error
    target.write_bytes(stripped)
