"""A picture file in a decoder process: opened by its header, held against the limits, before a pixel is decoded."""

import mmap
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyvips

from albumen.imaging import codings, ranges, tiff_pixels
from albumen.imaging.colour import Coding
from albumen.imaging.exif import Exif, read_exif
from albumen.imaging.formats import gif, heif, jpeg, png, tiff, webp
from albumen.imaging.formats.png_profiles import read_profiles
from albumen.imaging.heic import Heic
from albumen.imaging.ranges import FULL, Narrow
from albumen.imaging.sniff import sniff
from albumen.imaging.tiff_pages import Page, read_pages
from albumen.imaging.values import Facts, Limits, Refused

_LOADERS = {
    "jpeg": "jpegload",
    "png": "pngload",
    "webp": "webpload",
    "gif": "gifload",
    "avif": "heifload",
}
_COMPLETE = {
    "jpeg": jpeg.is_complete,
    "png": png.is_complete,
    "webp": webp.is_complete,
    "gif": gif.is_complete,
    "avif": heif.is_complete,
    "heic": heif.is_complete,
    "tiff": tiff.is_complete,
}
_PAGED = {"gif", "webp"}
_SNIFFED_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Picture:
    """One file with what its header says; sizes are in pixels as stored, before orientation; pages are a TIFF's."""

    path: Path
    format: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    exif: Exif
    coding: Coding | None = None
    narrow: Narrow = FULL
    pages: tuple[Page, ...] = ()

    @property
    def facts(self) -> Facts:
        turned = self.exif.orientation >= 5
        return Facts(
            format=self.format,
            width=self.height if turned else self.width,
            height=self.width if turned else self.height,
            frames=self.frames,
            has_alpha=self.has_alpha,
            taken_at=self.exif.taken_at,
            camera=self.exif.camera,
            placeholder=None,
        )

    def load(self, **options: Any) -> Any:
        """The first frame as a stream of rows; a file that is cut short fails while it is read."""
        image = load(self.path, self.format, **options)
        return image if self.narrow == FULL else self.narrow.widen(image)

    def opened(self, **options: Any) -> AbstractContextManager[Any]:
        """The first frame to be decoded within; where that went wrong, pyvips.Error is raised at the end."""
        return tiff_pixels.opened(self.path, self.pages[0]) if self.pages else nullcontext(self.load(**options))


def load(path: Path, form: str, **options: Any) -> Any:
    """Opens a file with the one loader that its format names: libvips is never left to guess.

    The file and not its bytes, because the latter are copied once more for every loader.
    """
    if form == "heic":
        return Heic(path).decode()
    # "warning" would refuse good files, and "truncated" takes a PNG whose checksums are wrong.
    image = getattr(pyvips.Image, _LOADERS[form])(str(path), access="sequential", fail_on="error", **options)
    return _beyond_the_frame(path, image) if form == "gif" and not options else image


def open_picture(path: Path, limits: Limits) -> Picture:
    """Reads the header of a file. Raises Refused when it is no picture, or larger than the limits allow."""
    with path.open("rb") as file:
        head = file.read(_SNIFFED_BYTES)
    form = sniff(head)
    if form == "heic":
        return _open_heic(path, limits)
    if form == "tiff":
        return _open_tiff(path, limits)
    if form == "png":
        _hold_size(png.read_size(head), limits)
    try:
        header = load(path, form)
        width, height = header.width, header.height
        _hold_size((width, height), limits)
        if form == "jpeg" and header.get("jpeg-multiscan"):
            _hold_scans(path, limits)
        frames, pixels = _count_frames(path, form, header)
        _hold_frames(frames, limits)
        _hold_pixels(max(width * height, pixels) * frames, limits)
        exif = _read_exif(path, form, header)
        coding, narrow = _read_colours(path, form)
        return Picture(path, form, width, height, frames, bool(header.hasalpha()), exif, coding, narrow)
    except pyvips.Error as error:
        raise refusal(path, form, error) from error


def _open_heic(path: Path, limits: Limits) -> Picture:
    """Reads the header as open_picture does; the orientation is the file's own, whatever its EXIF says."""
    if not is_complete(path, "heic"):
        raise cut_short()
    header = Heic(path)
    if not header.width or not header.height:
        raise Refused("undecodable", "The picture says that it has no pixels; save it again in an image editor.")
    _hold_size((header.width, header.height), limits)
    exif = replace(read_exif(header.exif, xmp=header.xmp), orientation=1)
    return Picture(path, "heic", header.width, header.height, 1, header.has_alpha, exif, header.coding, header.narrow)


def _open_tiff(path: Path, limits: Limits) -> Picture:
    """Reads the header as open_picture does; the limits are for all pages together, each of its own size."""
    with _mapped(path) as data:
        pages = tuple(read_pages(data))
        exif = replace(read_exif(data), orientation=pages[0].orientation)
    _hold_frames(len(pages), limits)
    for page in pages:
        _hold_size((page.width, page.height), limits)
    _hold_pixels(sum(page.width * page.height for page in pages), limits)
    has_alpha = pages[0].alpha is not None
    return Picture(path, "tiff", pages[0].width, pages[0].height, len(pages), has_alpha, exif, pages=pages)


def refusal(path: Path, form: str, error: pyvips.Error) -> Refused:
    """What a decoder's complaint means for the person who sent the file."""
    if form == "jpeg":
        with _mapped(path) as data:
            process = jpeg.unusual_process(data)
        if process:
            return Refused(
                "unsupported_format", f"The JPEG is {process}, which is not accepted; save it as an ordinary JPEG."
            )
    if not is_complete(path, form):
        return cut_short()
    if form == "avif":
        with _mapped(path) as data:
            if heif.lacks_still(data):
                return Refused(
                    "unsupported_format", "The AVIF file is a film without a still picture; send a picture."
                )
    text = str(error).lower()
    if "webp2vips: unable to read pixels" in text:
        # libwebp says no more than this, whichever it is.
        detail = "The picture is damaged, or takes too much memory to decode; save it again or smaller and try again."
        return Refused("undecodable", detail)
    if any(words in text for words in ("out of memory", "memory allocation error", "no space for data buffer")):
        return Refused("undecodable", "The picture takes too much memory to decode; save it smaller and try again.")
    return Refused("undecodable", "The picture is damaged; save it again in an image editor and try again.")


def is_complete(path: Path, form: str) -> bool:
    """Return whether the file is as long as its own structure says."""
    with _mapped(path) as data:
        return _COMPLETE[form](data)


def _beyond_the_frame(path: Path, image: Any) -> Any:
    """A GIF's first frame, transparent where its canvas is larger, which libvips makes black."""
    with _mapped(path) as data:
        frame = gif.first_frame(data)
    if image.hasalpha() or frame is None:
        return image
    left, top, width, height = frame
    mask = (pyvips.Image.black(width, height) + 255).cast("uchar").embed(left, top, image.width, image.height)
    return image if mask.min() else image.bandjoin(mask).copy(interpretation=image.interpretation)


def hold_chunks_behind(path: Path) -> None:
    """Raise pyvips.Error where a PNG is damaged behind its first frame."""
    with _mapped(path) as data:
        if not png.is_sound_behind(data):
            raise pyvips.Error("png", "wrong checksum behind the first frame")


def cut_short() -> Refused:
    """The refusal of a file that ends too early."""
    return Refused("truncated", "The picture is cut short; send the whole file again.")


def _count_frames(path: Path, form: str, header: Any) -> tuple[int, int]:
    """Return the number of frames, and the pixels of one where that can be more than the header says, else 0."""
    if form in {"png", "avif"}:
        with _mapped(path) as data:
            return heif.count_frames(data) if form == "avif" else (png.count_frames(data), 0)
    return int(header.get("n-pages")) if form in _PAGED and header.get_typeof("n-pages") else 1, 0


def _read_exif(path: Path, form: str, header: Any) -> Exif:
    if form == "png":
        # libvips looks only before the pixels, and in chunks of their own alone.
        with _mapped(path) as data:
            block, xmp, iptc = read_profiles(data)
    else:
        names = ("exif-data", "xmp-data", "iptc-data")
        block, xmp, iptc = (bytes(header.get(name)) if header.get_typeof(name) else b"" for name in names)
    exif = read_exif(block, xmp=xmp, iptc=iptc)
    # HEIF turns pictures by its own properties, which the decoder has applied (ISO/IEC 23008-12, section 6.5.10).
    return replace(exif, orientation=1) if form == "avif" else exif


def _read_colours(path: Path, form: str) -> tuple[Coding | None, Narrow]:
    if form not in {"png", "avif"}:
        return None, FULL
    with _mapped(path) as data:
        if form == "png":
            return codings.of_png(data), FULL
        return codings.of_avif(data), ranges.of_avif(data)


def _mapped(path: Path) -> mmap.mmap:
    """The file's bytes without reading them: headers lie in few of its pages."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _hold_scans(path: Path, limits: Limits) -> None:
    """Only a JPEG whose first scan is not all of it can have more: decoders stop after a scan of every component."""
    if jpeg.count_scans(path.read_bytes(), limits.scans) > limits.scans:
        raise Refused("too_many_pixels", f"The JPEG has more than {limits.scans} scans; save it again and try again.")


def _hold_size(size: tuple[int, int], limits: Limits) -> None:
    if max(size) > limits.side:
        raise Refused("too_many_pixels", f"A side of the picture is over {limits.side} pixels; make it smaller.")
    _hold_pixels(size[0] * size[1], limits)


def _hold_frames(frames: int, limits: Limits) -> None:
    if frames > limits.frames:
        raise Refused("too_many_pixels", f"The picture has more than {limits.frames} frames; send it with fewer.")


def _hold_pixels(pixels: int, limits: Limits) -> None:
    if pixels > limits.pixels:
        millions = limits.pixels / 1_000_000
        raise Refused("too_many_pixels", f"The picture has more than {millions:g} million pixels; make it smaller.")
