"""HEIC pictures, decoded by pi-heif (libheif with libde265): libvips is built without a decoder for HEVC."""

from pathlib import Path
from typing import Any

import pyvips

from albumen.imaging.colour import ColourEncoding, from_cicp
from albumen.imaging.colour_signals import FULL_RANGE, LimitedRange
from albumen.imaging.formats.boxes import boxes
from albumen.imaging.formats.errors import Malformed
from albumen.imaging.formats.items import Items
from albumen.imaging.values import DAMAGED, TOO_MUCH_MEMORY, Refused
from albumen.sentences import Sentence

_BANDS = {"L": ("b-w", "uchar", 1), "RGB": ("srgb", "uchar", 3), "RGBA": ("srgb", "uchar", 4)}
_CODECS = {b"av01": "AVIF", b"avc1": "H.264", b"j2k1": "JPEG 2000", b"jpeg": "JPEG", b"vvc1": "H.266"}


class Heic:
    """The primary picture of a HEIC file, known by its header until `decode` is called.

    Width and height are in pixels, the file's own rotation and mirroring applied; `exif` and `xmp` are empty where
    there is none; `encoding` is what its colours mean where no profile says it, and `limited_range` names the bands
    that `decode` leaves in the limited range.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._primary = _primary(path)
        self.width, self.height = self._primary.size
        if not (self.width and self.height):
            raise Refused("undecodable", DAMAGED)
        self.has_alpha = self._primary.has_alpha
        self.exif: bytes = self._primary.info["exif"] or b""
        self.xmp: bytes = self._primary.info.get("xmp") or b""
        self.encoding, self.limited_range = _colours(self._primary.info)

    def decode(self) -> Any:
        """Return the picture as a pyvips image over the decoder's own memory: grey or RGB with or without alpha.

        Deeper samples than 8 bit are scaled to 16. Raise Refused when they cannot be decoded.
        """
        primary = self._primary
        try:
            pixels = primary.data
        except (ValueError, SyntaxError, RuntimeError, EOFError, OSError) as error:
            raise _foreign(self._path) or _refusal(error) from error
        if primary.size != (self.width, self.height):
            raise Refused("undecodable", "The picture has another size than its file says; save it again.")
        mode, _, deep = primary.mode.replace("I;16", "L;16").partition(";")
        interpretation, form, bands = _BANDS[mode.upper()]
        if deep:
            interpretation, form = {"b-w": "grey16", "srgb": "rgb16"}[interpretation], "ushort"
        image = pyvips.Image.new_from_memory(pixels, self.width, self.height, bands, form)
        # pi-heif's view of its memory does not keep it alive; pyvips hands these references on to whatever it makes.
        image._references.append(primary)
        image = image.copy(interpretation=interpretation)
        if primary.premultiplied_alpha:
            image = image.unpremultiply().cast(form)
        if profile := primary.info.get("icc_profile"):
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
        return image


def _colours(info: dict[str, Any]) -> tuple[ColourEncoding | None, LimitedRange]:
    codes = info.get("nclx_profile")
    if not codes:
        return None, FULL_RANGE
    encoding = from_cicp(codes["color_primaries"], codes["transfer_characteristics"])
    # Grey pictures have no chroma format.
    return encoding, LimitedRange(grey="chroma" not in info and not codes["full_range_flag"])


def _primary(path: Path) -> Any:
    # Imported for the first HEIC picture: Pillow comes with it, and most decoders never meet one.
    import pi_heif
    from pi_heif import options

    options.DECODE_THREADS = 0
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    try:
        pictures = list(pi_heif.open_heif(path, convert_hdr_to_8bit=False))
    except (ValueError, SyntaxError, RuntimeError, EOFError, OSError) as error:
        raise _foreign(path) or _refusal(error) from error
    primary = [picture for picture in pictures if picture.info["primary"]] or pictures[:2]
    if len(primary) != 1:
        raise _foreign(path) or Refused("undecodable", "The file does not say which of its pictures to show.")
    return primary[0]


def _foreign(path: Path) -> Refused | None:
    """Return the refusal of a file that is sound, as far as can be seen, but holds something else than HEVC."""
    data = path.read_bytes()
    try:
        kinds = {box.kind for box in boxes(data, 0, len(data))}
        if b"moov" in kinds and b"meta" not in kinds:
            return Refused(
                "unsupported_format", "The HEIC file is a sequence without a still picture; send a picture."
            )
        items = Items(data)
        kind = items.kinds.get(items.coded(), b"hvc1")
    except Malformed:
        return None
    if kind == b"hvc1":
        return None
    codec = _CODECS.get(kind, Sentence("uncompressed or unknown"))
    detail = Sentence("The HEIF file holds %(codec)s data, which is not accepted; send it as JPEG.", codec=codec)
    return Refused("unsupported_format", detail)


def _refusal(error: Exception) -> Refused:
    if "ecurity limit" in str(error) or "emory" in str(error):
        return Refused("undecodable", TOO_MUCH_MEMORY)
    return Refused("undecodable", DAMAGED)
