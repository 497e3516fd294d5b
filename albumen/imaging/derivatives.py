"""Makes the derivatives of a picture: one pass over the original, then each smaller size from the largest."""

import base64
from collections.abc import Sequence
from typing import Any

import pyvips

from albumen.imaging import avif, colour, tiff_pixels
from albumen.imaging.colour import Coding
from albumen.imaging.formats.tiff import join_pages
from albumen.imaging.pictures import Picture, hold_chunks_behind
from albumen.imaging.sizes import fit_box, fit_height
from albumen.imaging.tiff_pages import Page
from albumen.imaging.values import Made, Target

_PLACEHOLDER_SIDE = 16
_PLACEHOLDER_CHARS = 400
_UNASKED_BOX = 128
_SAVERS: dict[str, tuple[str, dict[str, Any]]] = {
    # Of a 12-megapixel photo's whole time, effort 1 takes a tenth less than 2, for 6 % more bytes.
    "webp": ("webpsave_buffer", {"Q": 80, "effort": 1}),
    "jpeg": ("jpegsave_buffer", {"Q": 82}),
    "png": ("pngsave_buffer", {"compression": 6}),
}


def make(picture: Picture, targets: Sequence[Target], *, webp: bool) -> tuple[list[Made], str]:
    """Writes every target and gives what was made, in the same order, with the placeholder as a data URL."""
    facts = picture.facts
    form = "webp" if webp else "png" if facts.has_alpha else "jpeg"
    sizes = [(fit_box if target.box else fit_height)(facts.width, facts.height, target.height) for target in targets]
    largest = max(sizes, default=fit_box(facts.width, facts.height, _UNASKED_BOX))
    base = decode(picture, *largest)
    _decode_other_frames(picture)
    encoded: dict[tuple[int, int], bytes] = {}
    smallest = base
    # From large to small, so that a size comes from the next larger one when that is the base.
    for size in sorted(set(sizes), reverse=True):
        smallest = resize(base, *size)
        encoded[size] = encode(smallest, form)
    made = []
    for target, size in zip(targets, sizes, strict=True):
        target.path.write_bytes(encoded[size])
        made.append(Made(target.path, form, *size))
    return made, placeholder(smallest)


def decode(picture: Picture, width: int, height: int) -> Any:
    """The first frame, upright, sRGB, 8 bit, in memory, at exactly width x height pixels."""
    turned = picture.exif.orientation >= 5
    stored = (height, width) if turned else (width, height)
    with picture.opened(**_shrink_on_load(picture, *stored)) as original:
        image = resize(original, *stored)
    image = _upright(_to_srgb(image, picture.coding), picture.exif.orientation).copy_memory()
    if (image.width, image.height) != (width, height):
        raise pyvips.Error("the decoded size is not the one that the header gave")
    return image


def resize(image: Any, width: int, height: int) -> Any:
    """The image in memory at exactly width x height pixels; transparency does not bleed into the colours."""
    if (image.width, image.height) == (width, height):
        return image.copy_memory()
    scale, vscale = width / image.width, height / image.height
    if not image.hasalpha():
        return image.resize(scale, vscale=vscale).copy_memory()
    sized = image.premultiply().resize(scale, vscale=vscale)
    return sized.unpremultiply().cast(image.format).copy_memory()


def encode(image: Any, form: str) -> bytes:
    """The image as a file of that format, without any metadata."""
    saver, options = _SAVERS[form]
    return bytes(getattr(image, saver)(keep="none", **options))


def placeholder(image: Any) -> str:
    """A data URL of a WebP picture of at most 16 px, under 400 characters, to show until the picture is there."""
    width, height = fit_box(image.width, image.height, _PLACEHOLDER_SIDE)
    tiny = image.shrink(image.width / width, image.height / height).copy_memory()
    for candidate in (tiny, tiny[:3]):
        url = "data:image/webp;base64," + base64.b64encode(
            candidate.webpsave_buffer(Q=30, effort=2, alpha_q=30, keep="none")
        ).decode("ascii")
        if len(url) < _PLACEHOLDER_CHARS:
            break
    return url


def encode_anew(picture: Picture) -> bytes:
    """The picture in its own format, upright, with its colour profile as the only metadata; a TIFF's every page.

    HEIC is not among the formats: there is no encoder for it, and a file that needs one is refused when it comes.
    """
    if picture.pages:
        return join_pages([_encode_page(picture, page) for page in picture.pages])
    options: dict[str, Any] = {"n": -1} if picture.format in {"gif", "webp"} else {}
    image = picture.load(**options)
    if picture.format in {"jpeg", "png"}:
        image = _upright(image.copy_memory(), picture.exif.orientation).copy()
        image.remove("orientation")
    if picture.format in {"png", "avif"} and picture.coding not in {None, colour.SRGB}:
        # What says what the colours mean is not written again.
        image = _to_srgb(image, picture.coding)
    savers: dict[str, Any] = {
        "jpeg": lambda: image.jpegsave_buffer(Q=92, keep="icc"),
        "png": lambda: image.pngsave_buffer(keep="icc"),
        "webp": lambda: image.webpsave_buffer(Q=90, keep="icc"),
        "gif": lambda: image.gifsave_buffer(keep="icc"),
        "avif": lambda: image.heifsave_buffer(compression="av1", Q=75, effort=2, keep="icc"),
    }
    return bytes(savers[picture.format]())


def _encode_page(picture: Picture, page: Page) -> bytes:
    """A TIFF of one page; floats and Lab, which `tiff_pixels` makes ordinary colours of, are 16 bit in it."""
    with tiff_pixels.opened(picture.path, page) as stored:
        if page.orientation == 1:
            return _encode_tiff(stored)
        image = stored.copy_memory()
    return _encode_tiff(_upright(image, page.orientation))


def _encode_tiff(image: Any) -> bytes:
    image = image.copy()
    image.remove("orientation")
    return bytes(image.tiffsave_buffer(compression="deflate", predictor="horizontal", level=1, keep="icc"))


def _shrink_on_load(picture: Picture, width: int, height: int) -> dict[str, int]:
    """JPEG can be decoded at 1/2, 1/4 and 1/8; at least 1.5 is left for the resampling, which hides the blocks."""
    if picture.format != "jpeg":
        return {}
    factor = min(picture.width / width, picture.height / height)
    return {"shrink": next((shrink for shrink in (8, 4, 2) if factor >= 1.5 * shrink), 1)}


def _decode_other_frames(picture: Picture) -> None:
    """Reads every pixel of an animation once, so that a file that is damaged further on is found."""
    if picture.format == "png":
        hold_chunks_behind(picture.path)
    elif picture.frames == 1:
        return
    elif picture.format == "tiff":
        for page in picture.pages[1:]:
            with tiff_pixels.opened(picture.path, page) as image:
                image.avg()
    elif picture.format == "avif":
        avif.decode_frames(picture.path, picture.frames)
    else:
        picture.load(n=-1).avg()


def _to_srgb(image: Any, coding: Coding | None) -> Any:
    """8 bit sRGB with three bands, and a fourth if there is transparency."""
    alpha = None
    if image.hasalpha():
        alpha = image[image.bands - 1]
        image = image[: image.bands - 1]
        if alpha.format != "uchar":
            alpha = (alpha / (257 if alpha.format == "ushort" else 1)).rint().cast("uchar")
    shown = _colours(image, coding)
    return shown if alpha is None else shown.bandjoin(alpha).copy(interpretation="srgb")


def _colours(image: Any, coding: Coding | None) -> Any:
    """8 bit sRGB with three bands. Where a file gives a coding, it comes before a profile."""
    if coding not in {None, colour.SRGB}:
        return colour.to_srgb(image, coding)
    if coding is None and image.get_typeof("icc-profile-data"):
        try:
            return image.icc_transform("srgb", embedded=True, depth=8).copy_memory()
        except pyvips.Error:
            image = image.copy()
            image.remove("icc-profile-data")
    if (image.interpretation, image.format, image.bands) == ("srgb", "uchar", 3):
        return image
    return image.colourspace("srgb").cast("uchar")[:3]


def _upright(image: Any, orientation: int) -> Any:
    """Applies an EXIF orientation of 1..8 (Exif 2.32, table 4, tag 274)."""
    if orientation in {5, 6}:
        image = image.rot90()
    elif orientation == 3:
        image = image.rot180()
    elif orientation in {7, 8}:
        image = image.rot270()
    if orientation in {2, 5, 7}:
        return image.fliphor()
    return image.flipver() if orientation == 4 else image
