"""File names that Linux, Windows and macOS all allow, for downloads and for the entries of archives."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from albumen.text import SPACES, shorten

# Bytes of UTF-8 (Linux), and UTF-16 units in decomposed form (macOS; Windows counts them composed).
LONGEST_NAME = 255
# Windows unpacks into paths of up to 260 characters, so this leaves some of them for the folder.
LONGEST_STEM = 150
# Replaced by "_": what Windows forbids, and whatever breaks a line, changes its direction or is no character. The
# names of pictures lack most of the latter (`albumen.text`), but may have marks of direction (U+200E, U+200F) and, in
# rows that are older than that rule, anything.
_UNSAFE = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+'
)
# Devices, with whatever extension (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|$)", re.IGNORECASE
)
_SPELLINGS = {"jpg": (".jpg", ".jpeg"), "tif": (".tif", ".tiff"), "heic": (".heic", ".heif", ".hif")}
_NOT_QUOTABLE = re.compile(r'[^ -~]|["%;\\]')
# Characters that macOS ignores when it compares names.
_IGNORED = dict.fromkeys((0x200C, 0x200D, 0x2060))


def safe_filename(name: str, extension: str, number: int = 1) -> str:
    """Return a file name of at most 255 bytes with this extension. A `number` above 1 is added in brackets."""
    line = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(SPACES + ".")
    spelling = next((end for end in _SPELLINGS.get(extension, (f".{extension}",)) if line.lower().endswith(end)), "")
    stem, suffix = (line[: -len(spelling)], line[-len(spelling) :]) if spelling else (line, f".{extension}")
    # Checked after cutting, because the rest may be the name of a device.
    stem = shorten(stem, LONGEST_STEM).rstrip(SPACES + ".") or "picture"
    if _DEVICE.match(stem):
        stem = f"_{stem}"
    ending = f" ({number}){suffix}" if number > 1 else suffix
    while _length(stem + ending) > LONGEST_NAME:
        stem = shorten(stem, len(stem) - 1)
    return stem.rstrip(SPACES + ".") + ending


class DistinctNames:
    """The names of one folder's files, which also differ on systems that ignore case, accents' composition or
    joiners."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {_compared(name) for name in taken}
        self._last: dict[str, int] = {}

    def take(self, name: str, extension: str) -> str:
        """Return a safe file name that no other file of the folder has, and reserve it."""
        first = chosen = safe_filename(name, extension)
        key = _compared(first)
        while _compared(chosen) in self._taken:
            number = self._last[key] = self._last.get(key, 1) + 1
            chosen = safe_filename(name, extension, number)
        self._taken.add(_compared(chosen))
        return chosen


def content_disposition(filename: str, *, attachment: bool) -> str:
    """Return the header's value, with the name in ASCII for older clients and in UTF-8 (RFC 6266, section 4.3)."""
    stem, dot, extension = filename.rpartition(".")
    plain = "".join(one for one in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(one))
    plain = _NOT_QUOTABLE.sub("_", plain)
    if not re.search("[A-Za-z0-9]", plain):
        plain = "picture"
    whole = quote(filename, safe="!#$&+^`|")
    kind = "attachment" if attachment else "inline"
    return f"{kind}; filename=\"{plain}{dot}{extension}\"; filename*=UTF-8''{whole}"


def _length(name: str) -> int:
    return max(len(name.encode()), len(unicodedata.normalize("NFD", name).encode("utf-16-le")) // 2)


def _compared(name: str) -> str:
    folded = unicodedata.normalize("NFD", name.translate(_IGNORED)).upper().casefold()
    return unicodedata.normalize("NFC", folded)
