"""An image file in a decoder process: opened by its header, and checked against the limits before it is decoded."""

import mmap
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyvips

from albumen.imaging import tiff_pixels
from albumen.imaging.colour import ColourEncoding
from albumen.imaging.colour_signals import FULL_RANGE, LimitedRange, read_avif_signals, read_png_encoding
from albumen.imaging.exif import Exif, read_exif
from albumen.imaging.formats import gif, heif, is_complete, jpeg, png
from albumen.imaging.formats.png_metadata import read_metadata
from albumen.imaging.heic import Heic
from albumen.imaging.sniff import sniff
from albumen.imaging.tiff_pages import Page, read_pages
from albumen.imaging.values import DAMAGED, TOO_MUCH_MEMORY, Facts, Limits, Refused
from albumen.sentences import Sentence

_LOADERS = {"jpeg": "jpegload", "png": "pngload", "webp": "webpload", "gif": "gifload", "avif": "heifload"}
_SNIFFED_BYTES = 1024
_TRUNCATED = "The picture is cut short; send the whole file again."


@dataclass(frozen=True, slots=True)
class SourceImage:
    """A file with what its header says: sizes in pixels as stored, before orientation; `pages` are those of a TIFF."""

    path: Path
    format: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    exif: Exif
    encoding: ColourEncoding | None = None
    limited_range: LimitedRange = FULL_RANGE
    pages: tuple[Page, ...] = ()

    @property
    def upright_size(self) -> tuple[int, int]:
        """Return width and height in pixels, orientation applied."""
        return (self.height, self.width) if self.exif.orientation >= 5 else (self.width, self.height)

    def facts(self, placeholder: str) -> Facts:
        """Return what the server keeps of the file, with the placeholder that was made of it."""
        taken_at, camera = self.exif.taken_at, self.exif.camera
        return Facts(self.format, *self.upright_size, self.frames, self.has_alpha, taken_at, camera, placeholder)

    def load(self, **options: Any) -> Any:
        """Return the first frame as a stream of rows; a file that is cut short fails while it is read."""
        image = load(self.path, self.format, **options)
        return image if self.limited_range == FULL_RANGE else self.limited_range.to_full_range(image)

    def open_first_frame(self, **options: Any) -> AbstractContextManager[Any]:
        """Yield the first frame, to be decoded within the context, whose end raises pyvips.Error for damage."""
        return tiff_pixels.open_page(self.path, self.pages[0]) if self.pages else nullcontext(self.load(**options))


def load(path: Path, form: str, **options: Any) -> Any:
    """Open a file with the one loader that its format names: libvips is never left to guess.

    The loader gets the file, because it would copy bytes in memory once more.
    """
    if form == "heic":
        return Heic(path).decode()
    # "warning" would refuse good files, and "truncated" takes a PNG whose checksums are wrong.
    image = getattr(pyvips.Image, _LOADERS[form])(str(path), access="sequential", fail_on="error", **options)
    return _mask_outside_frame(path, image) if form == "gif" and not options else image


def open_image(path: Path, limits: Limits) -> SourceImage:
    """Read the header of a file. Raise Refused when it is no picture, or larger than the limits allow."""
    with path.open("rb") as file:
        head = file.read(_SNIFFED_BYTES)
    form = sniff(head)
    if form == "heic":
        return _open_heic(path, limits)
    if form == "tiff":
        return _open_tiff(path, limits)
    if form == "png":
        _check_size(png.read_size(head), limits)
    try:
        header = load(path, form)
        _check_size((header.width, header.height), limits)
        if form == "jpeg" and header.get("jpeg-multiscan"):
            _check_scans(path, limits)
        return _describe(path, form, header, limits)
    except pyvips.Error as error:
        raise refusal(path, form, error) from error


def _describe(path: Path, form: str, header: Any, limits: Limits) -> SourceImage:
    """Return the file with what libvips' header of it says, and what libvips does not read."""
    pixels = header.width * header.height
    names = ("exif-data", "xmp-data", "iptc-data")
    block, xmp, iptc = (bytes(header.get(name)) if header.get_typeof(name) else b"" for name in names)
    frames, encoding, limited_range = 1, None, FULL_RANGE
    if form == "png":
        with _mapped(path) as data:
            found = read_metadata(data)
        block, xmp, iptc = found.exif, found.xmp, found.iptc
        frames, encoding = found.frames, read_png_encoding(found.colours)
    elif form == "avif":
        with _mapped(path) as data:
            frames, most_pixels = heif.count_frames(data)
            encoding, limited_range = read_avif_signals(data)
        pixels = max(pixels, most_pixels)
    elif form in {"gif", "webp"} and header.get_typeof("n-pages"):
        frames = int(header.get("n-pages"))
    _check_frames(frames, limits)
    _check_pixels(pixels * frames, limits)
    exif = read_exif(block, xmp=xmp, iptc=iptc)
    if form == "avif":
        # HEIF has properties for turns, which libvips has applied (ISO/IEC 23008-12, section 6.5.10).
        exif = replace(exif, orientation=1)
    has_alpha = bool(header.hasalpha())
    return SourceImage(path, form, header.width, header.height, frames, has_alpha, exif, encoding, limited_range)


def _open_heic(path: Path, limits: Limits) -> SourceImage:
    """Read the header of a HEIC file, whose own turns are applied: the orientation in its EXIF does not count."""
    check_complete(path, "heic")
    header = Heic(path)
    size, exif = (header.width, header.height), replace(read_exif(header.exif, xmp=header.xmp), orientation=1)
    _check_size(size, limits)
    return SourceImage(path, "heic", *size, 1, header.has_alpha, exif, header.encoding, header.limited_range)


def _open_tiff(path: Path, limits: Limits) -> SourceImage:
    """Read the header of a TIFF; the limits are for all pages together, each of its own size."""
    with _mapped(path) as data:
        pages = tuple(read_pages(data))
        exif = replace(read_exif(data), orientation=pages[0].orientation)
    _check_frames(len(pages), limits)
    for page in pages:
        _check_size((page.width, page.height), limits)
    _check_pixels(sum(page.width * page.height for page in pages), limits)
    has_alpha = pages[0].alpha is not None
    return SourceImage(path, "tiff", pages[0].width, pages[0].height, len(pages), has_alpha, exif, pages=pages)


def refusal(path: Path, form: str, error: pyvips.Error) -> Refused:
    """Return what a decoder's error means for the person who sent the file."""
    with _mapped(path) as data:
        if form == "jpeg" and (process := jpeg.unusual_process(data)):
            detail = Sentence(
                "The JPEG is %(process)s, which is not accepted; save it as an ordinary JPEG.", process=process
            )
            return Refused("unsupported_format", detail)
        if not is_complete(data, form):
            return Refused("truncated", _TRUNCATED)
        lacks_still = "'pitm' box" in str(error) or "primary item" in str(error)
        if form == "avif" and lacks_still and heif.find_sequence(data):
            return Refused("unsupported_format", "The AVIF file is a film without a still picture; send a picture.")
    text = str(error).lower()
    if "webp2vips: unable to read pixels" in text:
        # libwebp says no more than this, whichever it is.
        detail = Sentence(
            "The picture is damaged, or takes too much memory to decode; save it again or smaller and try again."
        )
        return Refused("undecodable", detail)
    if any(words in text for words in ("out of memory", "memory allocation error", "no space for data buffer")):
        return Refused("undecodable", TOO_MUCH_MEMORY)
    return Refused("undecodable", DAMAGED)


def check_later_frames(path: Path) -> None:
    """Raise pyvips.Error where a PNG is damaged behind its first frame."""
    with _mapped(path) as data:
        if not png.has_sound_later_frames(data):
            raise pyvips.Error("png", "wrong checksum behind the first frame")


def check_complete(path: Path, form: str) -> None:
    """Raise Refused for a file that ends before its own structure says."""
    with _mapped(path) as data:
        if not is_complete(data, form):
            raise Refused("truncated", _TRUNCATED)


def _mask_outside_frame(path: Path, image: Any) -> Any:
    """Return a GIF's first frame, transparent where its canvas is larger, which libvips makes black."""
    with _mapped(path) as data:
        frame = gif.first_frame(data)
    if image.hasalpha() or frame is None:
        return image
    left, top, width, height = frame
    mask = (pyvips.Image.black(width, height) + 255).cast("uchar").embed(left, top, image.width, image.height)
    return image if mask.min() else image.bandjoin(mask).copy(interpretation=image.interpretation)


def _mapped(path: Path) -> mmap.mmap:
    """Return the file's bytes as a memory map, so that only the parts that are looked at are read."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _check_scans(path: Path, limits: Limits) -> None:
    """Refuse a JPEG of too many scans. Only one whose first scan lacks components can have more than one."""
    if jpeg.count_scans(path.read_bytes()) > limits.scans:
        detail = Sentence("The JPEG has more than %(most)s scans; save it again and try again.", most=limits.scans)
        raise Refused("too_many_pixels", detail)


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    if max(size) > limits.side:
        detail = Sentence("A side of the picture is over %(most)s pixels; make it smaller.", most=limits.side)
        raise Refused("too_many_pixels", detail)
    _check_pixels(size[0] * size[1], limits)


def _check_frames(frames: int, limits: Limits) -> None:
    if frames > limits.frames:
        detail = Sentence("The picture has more than %(most)s frames; send it with fewer.", most=limits.frames)
        raise Refused("too_many_pixels", detail)


def _check_pixels(pixels: int, limits: Limits) -> None:
    if pixels > limits.pixels:
        millions = f"{limits.pixels / 1_000_000:g}"
        detail = Sentence("The picture has more than %(most)s million pixels; make it smaller.", most=millions)
        raise Refused("too_many_pixels", detail)
