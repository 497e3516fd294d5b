"""The two commands of a decoder process, `render` and `strip`, and the loaders that it may use."""

from collections.abc import Sequence
from pathlib import Path

import pyvips

from albumen.imaging import renditions
from albumen.imaging.formats import strip_bytes
from albumen.imaging.source_image import SourceImage, check_complete, open_image, refusal
from albumen.imaging.values import Facts, Limits, Refused, RenderedFile, Target
from albumen.sentences import Sentence

_ENCODED_AGAIN = {"png", "tiff"}
"""Formats whose copy for others is encoded again where the file cannot be taken apart."""
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
    if image.format != "jpeg":
        check_complete(source, image.format)
    try:
        files, placeholder = renditions.render(image, targets, webp=webp)
    except pyvips.Error as error:
        raise refusal(source, image.format, error) from error
    # The copy for others must be possible later. Of a JPEG, which is the most common and often large, that is known
    # without making the copy: each one that has an end can be taken apart.
    if image.format == "jpeg":
        check_complete(source, image.format)
    elif image.format not in _ENCODED_AGAIN:
        _strip_bytes(image)
    return image.facts(placeholder), files


def strip(source: Path, target: Path, limits: Limits) -> None:
    """Run the command behind `albumen.imaging.strip`, in the decoder process."""
    image = open_image(source, limits)
    try:
        stripped = _strip_bytes(image) or renditions.reencode(image)
    except pyvips.Error as error:
        raise refusal(source, image.format, error) from error
    target.write_bytes(stripped)


def _strip_bytes(image: SourceImage) -> bytes | None:
    """Return the file without private metadata; None for one to be encoded again. Raise Refused for any other."""
    stripped = None
    if image.format != "tiff":
        stripped = strip_bytes(image.path.read_bytes(), image.format, image.exif.orientation)
    if stripped is None and image.format not in _ENCODED_AGAIN:
        check_complete(image.path, image.format)
        detail = Sentence(
            "The file is built in a way that is not known here; save it again, or send it as JPEG or PNG."
        )
        raise Refused("unsupported_format", detail)
    return stripped
