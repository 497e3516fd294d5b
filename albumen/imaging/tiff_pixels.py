"""The pixels of a TIFF's page as an ordinary image: grey, RGB or CMYK of 8 or 16 bits, and the alpha, if any."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyvips

from albumen.imaging.formats.tiff import isolate
from albumen.imaging.tiff_pages import FLOAT, LAB, PALETTE, RGB, SEPARATED, YCBCR, Page
from albumen.imaging.tiff_streams import is_broken
from albumen.imaging.values import Refused
from albumen.sentences import Sentence

_PROFILE = "icc-profile-data"
_KEPT = 8000  # libvips drops what comes after some 10,000 bytes of messages


@contextmanager
def open_page(path: Path, page: Page) -> Iterator[Any]:
    """Yield the page as a stream of rows, as stored (orientation not applied).

    Raise pyvips.Error where a strip is broken, or libtiff complained while the pixels were decoded within. libvips
    passes over what libtiff says of damaged strips and tiles, and shows what was in memory; but it keeps every such
    message. What libtiff says of the directories alone, private tags among them, is no damage.

    The last call within must be the one that decodes: pyvips empties libvips' messages whenever it looks up the name
    of an operation.
    """
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    if is_broken(data, page):
        raise pyvips.Error("a strip or tile lacks its end, or has a wrong checksum")
    # Otherwise libtiff walks through all directories for each page of them.
    isolate(data, page.at)
    _take_complaints()
    image = _open(data)
    harmless = _take_complaints()
    yield _as_ordinary(image, page)
    complaints = _take_complaints()
    if len(complaints) > _KEPT or set(complaints.splitlines()) - set(harmless.splitlines()):
        raise pyvips.Error(complaints)


def _take_complaints() -> str:
    """Return the messages that libvips has kept since it was last asked, a line each."""
    said: bytes = pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer())
    pyvips.vips_lib.vips_error_clear()
    return said.decode("utf-8", "replace")


def _open(data: mmap.mmap) -> Any:
    """Open the only page. libvips' 50 MiB for what libtiff holds are no limit: the decoder's memory is."""
    source = pyvips.Source.new_from_memory(data)
    try:
        return pyvips.Image.tiffload_source(source, access="sequential", fail_on="truncated", unlimited=True)
    except pyvips.Error as error:
        detail = Sentence(
            "The TIFF is laid out in a way that cannot be read here; save it again, or send it as JPEG or PNG."
        )
        raise Refused("unsupported_format", detail) from error


def _as_ordinary(image: Any, page: Page) -> Any:
    if (image.width, image.height) != (page.width, page.height):
        raise pyvips.Error("the directory gives another size than libtiff does")
    colours = _colours(image, page)
    if page.alpha is None:
        return colours
    alpha = _to_unsigned(image[image.bands - len(page.extra) + page.alpha], page)
    if alpha.format == "short":
        alpha = alpha.copy(format="ushort")  # how libvips stores it beside Lab
    if alpha.format != colours.format:
        alpha = (alpha.cast("ushort") * 257).cast("ushort")
    return colours.bandjoin(alpha).copy(interpretation=colours.interpretation)


def _colours(image: Any, page: Page) -> Any:
    if page.photometric == LAB:
        return _from_lab(image)
    colours = image.extract_band(0, n=_count_colours(image, page))
    if page.sample_format == FLOAT and not image.get_typeof(_PROFILE):
        return _from_linear(colours)
    colours = _to_unsigned(colours, page)
    wide = colours.format == "ushort"
    if page.photometric == SEPARATED:
        return colours.copy(interpretation="cmyk")
    names = ("grey16", "rgb16") if wide else ("b-w", "srgb")
    return colours.copy(interpretation=names[colours.bands == 3])


def _count_colours(image: Any, page: Page) -> int:
    """Return the number of colour bands. A palette is expanded to grey or RGB."""
    if page.photometric == PALETTE:
        return int(image.bands) - len(page.extra)
    return 4 if page.photometric == SEPARATED else 3 if page.photometric in {RGB, YCBCR} else 1


def _to_unsigned(bands: Any, page: Page) -> Any:
    """Return 8 bit unchanged and anything wider as 16 bit; a float's 0 to 1 is the whole range."""
    if page.sample_format == FLOAT:
        return (bands * 65535).rint().cast("ushort")
    if bands.format == "uint":
        return (bands / 65537).rint().cast("ushort")
    return bands


def _from_linear(colours: Any) -> Any:
    """Return linear floats as 16 bit: without a profile they are light, as in scRGB, with 0 for black and 1 for
    white."""
    rgb = colours if colours.bands == 3 else colours.bandjoin([colours, colours])
    shown = rgb.copy(interpretation="scrgb").scRGB2sRGB(depth=16)
    return shown if colours.bands == 3 else shown[0].copy(interpretation="grey16")


def _from_lab(image: Any) -> Any:
    """Return Lab as 16 bit sRGB. Lab is what profiles connect through (D50), so that an export to sRGB gives the
    colours."""
    lab = image.extract_band(0, n=3).copy(interpretation="labs").LabS2Lab().copy()
    lab.remove(_PROFILE)
    return lab.icc_export(output_profile="srgb", pcs="lab", depth=16).copy(interpretation="rgb16")
