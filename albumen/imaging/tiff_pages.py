"""The pages of a TIFF file by their tags: choose those that are the picture, and refuse what would be shown wrong.

A compression that libtiff was built without, or samples that it does not understand, become black or whatever happens
to be in memory. So everything that is not on the lists below is refused before a pixel is decoded.
"""

from dataclasses import dataclass

from albumen.imaging.exif import Bytes
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.raw import is_raw
from albumen.imaging.formats.tiff import Directory, Tag, read_directories
from albumen.imaging.values import RAW, Refused
from albumen.sentences import Sentence

MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, SEPARATED, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
UNSIGNED, SIGNED, FLOAT, UNDEFINED = 1, 2, 3, 4
ASSOCIATED, UNASSOCIATED, COREL_UNASSOCIATED = 1, 2, 999
JPEG, DEFLATE, OLD_DEFLATE, WEBP = 7, 8, 32946, 50001

_COLOURS = {MIN_IS_WHITE: 1, MIN_IS_BLACK: 1, RGB: 3, PALETTE: 1, SEPARATED: 4, YCBCR: 3, LAB: 3}
_DEPTHS = {
    MIN_IS_WHITE: {1, 2, 4, 8, 16, 32},
    MIN_IS_BLACK: {1, 2, 4, 8, 16, 32},
    RGB: {8, 16, 32},
    PALETTE: {1, 2, 4, 8, 16},
    SEPARATED: {8, 16, 32},
    YCBCR: {8},
    LAB: {8, 16},
}
_OLD_JPEG = 6
_DECODED = {1, 2, 3, 4, 5, JPEG, DEFLATE, 32773, OLD_DEFLATE, WEBP}
_NAMES = {
    _OLD_JPEG: "old-style JPEG",
    JPEG: "JPEG",
    **dict.fromkeys((9, 10, 34661), "JBIG"),
    **dict.fromkeys((22610, 34934), "JPEG XR"),
    32766: "NeXT RLE",
    32809: "ThunderScan",
    **dict.fromkeys((32908, 32909, 50013), "Pixar's method"),
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000"),
    **dict.fromkeys((34676, 34677), "SGI LogLuv"),
    34887: "LERC",
    34892: "lossy JPEG",
    34925: "LZMA",
    **dict.fromkeys((34926, 50000), "Zstandard"),
    **dict.fromkeys((34927, WEBP), "WebP"),
    34933: "PNG",
    **dict.fromkeys((50002, 52546), "JPEG XL"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page's tags: `at` is where its directory starts, `extra` gives the kind of each sample behind the colours."""

    at: int
    width: int
    height: int
    orientation: int
    compression: int
    photometric: int
    bits: int
    sample_format: int
    extra: tuple[int, ...]

    @property
    def alpha(self) -> int | None:
        """Return the index among the extra samples of the one that is the transparency, or None."""
        marked = (kind for kind in (ASSOCIATED, UNASSOCIATED, COREL_UNASSOCIATED) if kind in self.extra)
        kind = next(marked, None)
        return None if kind is None else self.extra.index(kind)


def read_pages(data: Bytes) -> list[Page]:
    """Return the pages that are the picture: smaller copies, masks and thumbnails behind the first page are none.

    Raise Refused for a camera's raw file, and for a page that cannot be shown right; `truncated` where a directory
    lies outside of the file.
    """
    try:
        chain = read_directories(data)
    except Malformed as error:
        raise Refused("truncated", "The TIFF is cut short; send the whole file again.") from error
    if not chain:
        raise Refused("undecodable", "The TIFF has no page; save it again in an image editor and try again.")
    if is_raw(chain):
        raise Refused("unsupported_format", RAW)
    return [_page(index, directory) for index, directory in enumerate(chain) if not index or _is_page(directory)]


def _is_page(directory: Directory) -> bool:
    mask = directory.first(Tag.NEW_SUBFILE_TYPE) & 4
    exif_thumbnail = Tag.JPEG_THUMBNAIL in directory.tags and directory.first(Tag.COMPRESSION) == _OLD_JPEG
    return not (mask or exif_thumbnail or directory.is_smaller_copy)


def _page(index: int, directory: Directory) -> Page:
    samples = directory.first(Tag.SAMPLES, 1)
    photometric = directory.first(Tag.PHOTOMETRIC, -1)
    extra = max(0, samples - _COLOURS.get(photometric, samples))
    kinds = directory.tags.get(Tag.EXTRA_SAMPLES, ())
    orientation = directory.first(Tag.ORIENTATION, 1)
    page = Page(
        at=directory.at,
        width=directory.first(Tag.WIDTH),
        height=directory.first(Tag.HEIGHT),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        compression=directory.first(Tag.COMPRESSION, 1),
        photometric=photometric,
        bits=directory.first(Tag.BITS, 1),
        sample_format=directory.first(Tag.SAMPLE_FORMAT, UNSIGNED),
        extra=(*kinds[:extra], *(0,) * (extra - len(kinds))),
    )
    problem = _problem(page, directory, samples)
    if problem:
        where = Sentence("Page %(number)s of the TIFF", number=index + 1) if index else Sentence("The TIFF")
        detail = Sentence(
            "%(where)s %(problem)s, which cannot be shown here; send it as JPEG or PNG.", where=where, problem=problem
        )
        raise Refused("unsupported_format", detail)
    return page


def _problem(page: Page, directory: Directory, samples: int) -> Sentence | None:
    """Return what keeps the page from being shown right, as the end of a sentence that begins with the page."""
    compression = page.compression
    if compression not in _DECODED:
        method = _NAMES.get(compression, Sentence("method %(number)s", number=compression))
        return Sentence("is compressed with %(method)s", method=method)
    if Tag.PHOTOMETRIC not in directory.tags:
        return Sentence("does not say what its colours are")
    if page.photometric not in _COLOURS:
        return Sentence("has a kind of colour that is rarely used")
    if samples < _COLOURS[page.photometric] or not (page.width and page.height):
        return Sentence("lacks samples or a size")
    if any(len({*directory.tags.get(tag, ())[:samples]}) > 1 for tag in (Tag.BITS, Tag.SAMPLE_FORMAT)):
        return Sentence("has samples of several kinds")
    if compression in {JPEG, WEBP} and page.bits != 8:
        return Sentence("has %(bits)s-bit samples in %(method)s", bits=page.bits, method=_NAMES[compression])
    if compression == JPEG and page.extra:
        return Sentence("has extra samples in JPEG")
    if page.photometric == YCBCR and compression != JPEG and not _converts_ycbcr(page, directory):
        return Sentence("keeps YCbCr colours without JPEG")
    return _problem_with_samples(page) or _problem_with_layout(page, directory) or _problem_with_transparency(page)


def _problem_with_samples(page: Page) -> Sentence | None:
    if page.photometric == LAB and page.bits == 8 and not page.extra:
        return Sentence("has 8-bit Lab colours")
    if page.sample_format == FLOAT:
        known = page.bits in {16, 32} and page.photometric in {MIN_IS_BLACK, RGB}
    else:
        known = page.bits in _DEPTHS[page.photometric] and page.sample_format in {UNSIGNED, UNDEFINED}
    if known:
        return None
    if page.sample_format == SIGNED:
        return Sentence("has %(bits)s-bit signed samples", bits=page.bits)
    if page.sample_format == FLOAT:
        return Sentence("has %(bits)s-bit floating point samples", bits=page.bits)
    return Sentence("has %(bits)s-bit samples", bits=page.bits)


def _problem_with_layout(page: Page, directory: Directory) -> Sentence | None:
    if directory.first(Tag.PLANAR, 1) == 2 and not _reads_planes(page, directory):
        return Sentence("keeps its samples in separate planes")
    if page.bits < 8 and page.extra:
        return Sentence("has several samples of %(bits)s bits", bits=page.bits)
    if page.photometric == SEPARATED and directory.first(Tag.INK_SET, 1) != 1:
        return Sentence("has other inks than cyan, magenta, yellow and black")
    predictor = directory.first(Tag.PREDICTOR, 1)
    if predictor > 3 or (predictor > 1 and (page.bits < 8 or (predictor == 3) > (page.sample_format == FLOAT))):
        return Sentence("has a predictor that is rarely used")
    return None


def _converts_ycbcr(page: Page, directory: Directory) -> bool:
    """Return whether YCbCr becomes RGB: libvips has libtiff convert subsampled strips, and takes others for RGB."""
    subsampled = directory.tags.get(Tag.YCBCR_SUBSAMPLING, (2, 2)) != (1, 1)
    return subsampled and page.compression != WEBP and Tag.TILE_WIDTH not in directory.tags


def _reads_planes(page: Page, directory: Directory) -> bool:
    """Return whether libvips joins separate planes rightly; where it converts samples as well, it mixes up rows."""
    if Tag.TILE_WIDTH in directory.tags or page.bits < 8:
        return False
    copied = page.photometric in {RGB, SEPARATED} and (page.sample_format, page.bits) != (FLOAT, 16)
    return copied or directory.first(Tag.SAMPLES, 1) == 1


def _problem_with_transparency(page: Page) -> Sentence | None:
    """Return what is wrong with a premultiplied alpha, as the end of a sentence, or None.

    libvips takes the alpha that is opaque from the kind of colours, which is right for the usual depths alone.
    """
    associated = page.extra.count(ASSOCIATED)
    usual = page.photometric in {MIN_IS_BLACK, RGB} and page.bits in {8, 16} and page.sample_format != FLOAT
    float_rgb = page.photometric == RGB and page.sample_format == FLOAT
    if associated > 1 or (associated and not usual and not float_rgb):
        return Sentence("has a kind of transparency")
    return None
