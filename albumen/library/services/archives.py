"""Read the ZIP archives that exports have made and that users send back, which may be forged or damaged.

Entries are looked up by the names in the manifest and read as streams, never extracted to a path, so a name such as
`../../x` is harmless. Before any entry is read, the directory of the ZIP is checked: its size, the sizes that it
states, and that no entry is encrypted, doubled, or overlaps another one.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import orjson

from albumen.errors import Invalid
from albumen.library.services.names import clean_name
from albumen.remote.remote_url import parse_url
from albumen.sentences import Amount, Sentence
from albumen.storage import BLOCK
from albumen.text import clean_line, clean_lines, shorten

MANIFEST, ALBUMS = "manifest.json", "albums.json"
# Pictures of an archive, and albums in its `albums.json`.
MAX_ENTRIES = 20_000
MAX_ALBUMS = 2_000
# In bytes: the directory of a ZIP has about 110 for each picture, and a JSON document (the manifest) about 450.
MAX_DIRECTORY = 8_000_000
MAX_DOCUMENT = 32_000_000
# How many times larger an archive may become when it is unpacked. Real pictures hardly grow, being compressed already.
MAX_GROWTH = 20
T = TypeVar("T")
_SHA256 = re.compile("[0-9a-f]{64}")
# What `zipfile` raises for bytes that are no ZIP, or for offsets that lead nowhere.
_DAMAGE = (BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, OSError, struct.error)


@dataclass(frozen=True, slots=True)
class ArchivedPicture:
    """A picture in the manifest.

    `id` is the one that it had in the service that exported it; albums name their pictures by it. `file` is the name
    of the ZIP entry with its bytes, `bytes` that entry's size and `sha256` its hash in hex. A linked picture has no
    `file` (None), and the `image_url` that it links to; one whose bytes were missing at the export has neither.
    """

    id: int
    name: str
    description: str
    file: str | None
    bytes: int
    sha256: str
    image_url: str | None


@dataclass(frozen=True, slots=True)
class ArchivedAlbum:
    """An album in the archive. `pictures` are ids of `ArchivedPicture`, in the album's order."""

    name: str
    description: str
    pictures: list[int]


class Archive:
    """An archive whose directory and documents were checked, with its `pictures` and `albums`."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file
        sizes = {entry.filename: entry.file_size for entry in file.infolist()}
        manifest = _object(self._document(MANIFEST), "manifest.json")
        # The first exports had no version.
        known = manifest.get("version", 1) == 1
        _require(known, Sentence("A newer version of this service has made it: import it there, or upgrade this one."))
        rows = _list(manifest.get("pictures"), "pictures", MAX_ENTRIES)
        self.pictures = [_picture(row, sizes) for row in rows]
        files = [picture.file for picture in self.pictures if picture.file is not None]
        _require(len(set(files)) == len(files), Sentence("Its manifest names a file twice."))
        ids = [picture.id for picture in self.pictures]
        _require(len(set(ids)) == len(ids), Sentence("Its manifest has two pictures with one id."))
        self.albums = self._albums(manifest, sizes)

    def _albums(self, manifest: dict[str, object], sizes: dict[str, int]) -> list[ArchivedAlbum]:
        if manifest.get("album") is not None:
            about = _object(manifest["album"], "album")
            return [_album({**about, "pictures": [picture.id for picture in self.pictures]})]
        if ALBUMS not in sizes:
            return []
        rows = _object(self._document(ALBUMS), ALBUMS).get("albums")
        return [_album(row) for row in _list(rows, "albums", MAX_ALBUMS)]

    def _document(self, name: str) -> object:
        text = bytearray()

        def write(block: bytes) -> None:
            text.extend(block)
            _require(len(text) <= MAX_DOCUMENT, Sentence("Its %(name)s is too large.", name=name))

        try:
            self.copy(name, write)
        except KeyError:
            detail = Sentence("It has no %(name)s: only archives that an export has made can be imported.", name=name)
            raise _refusal(detail) from None
        try:
            return orjson.loads(bytes(text))
        except orjson.JSONDecodeError:
            raise _refusal(Sentence("Its %(name)s is no JSON.", name=name)) from None

    def copy(self, name: str, write: Callable[[bytes], None]) -> None:
        """Pass the bytes of an entry to `write`, block by block; raise `Invalid` where the entry is damaged."""
        for block in self._blocks(name):
            write(block)

    def _blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self._file.open(name) as source:
                yield from iter(partial(source.read, BLOCK), b"")
        except _DAMAGE:
            detail = Sentence("%(name)s is damaged in the archive.", name=name[:100])
            raise Invalid("damaged_entry", detail, pointer="/archive") from None


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Yield the archive in this file; raise `Invalid` with `invalid_archive` where it cannot be imported."""
    with _BoundedReads(path.open("rb", buffering=0)) as source:
        try:
            file = ZipFile(source)
        except _DAMAGE:
            raise _refusal(Sentence("It is no ZIP file, or a damaged one.")) from None
        with file:
            _check_directory(file, path.stat().st_size)
            yield Archive(file)


class _BoundedReads(io.BufferedReader):
    """A file of which one call reads at most `MAX_DIRECTORY` bytes.

    `ZipFile` reads the whole directory into memory, with a size that the archive itself states.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = MAX_DIRECTORY
        elif size > MAX_DIRECTORY:
            raise BadZipFile("the directory is too large")
        return super().read(size)


def _check_directory(file: ZipFile, size: int) -> None:
    entries = file.infolist()
    # Beside the pictures there are a few documents.
    _require(
        len(entries) <= MAX_ENTRIES + 100, Sentence("It has more than %(most)s entries.", most=Amount(MAX_ENTRIES))
    )
    _require(len({entry.filename for entry in entries}) == len(entries), Sentence("It has two entries with one name."))
    _require(not any(entry.flag_bits & 0x2041 for entry in entries), Sentence("It is encrypted."))
    methods = {entry.compress_type for entry in entries}
    _require(
        methods <= {ZIP_STORED, ZIP_DEFLATED},
        Sentence("It is compressed in a way that is not taken: use Deflate, or none."),
    )
    _require(sum(entry.compress_size for entry in entries) <= size, Sentence("Its entries overlap."))
    unpacked = sum(entry.file_size for entry in entries)
    _require(unpacked <= MAX_GROWTH * size + MAX_DOCUMENT, Sentence("It would unpack to far more than it is."))


def _picture(row: object, sizes: dict[str, int]) -> ArchivedPicture:
    fields = _object(row, "picture")
    file, sha256 = fields.get("file"), fields.get("sha256") or ""
    if file is not None and not (isinstance(file, str) and file in sizes):
        raise _refusal(Sentence("It lacks %(name)s.", name=str(file)[:100]))
    if not isinstance(sha256, str) or not (file is None or _SHA256.fullmatch(sha256)):
        raise _refusal(Sentence("Its manifest lacks the sha256 of a file."))
    return ArchivedPicture(
        id=_id(fields.get("id")),
        name=clean_name(_text(fields.get("name"))) or "picture",
        description=clean_lines(_text(fields.get("description"))).strip()[:5000],
        file=file,
        bytes=sizes[file] if file is not None else 0,
        sha256=sha256,
        image_url=_url(_text(fields.get("image_url"))),
    )


def _album(row: object) -> ArchivedAlbum:
    fields = _object(row, "album")
    return ArchivedAlbum(
        name=shorten(clean_line(_text(fields.get("name"))), 150) or "Album",
        description=clean_lines(_text(fields.get("description"))).strip()[:2000],
        pictures=[_id(one) for one in _list(fields.get("pictures"), "pictures", 10 * MAX_ENTRIES)],
    )


def _typed(value: object, kind: type[T], wrong: Sentence) -> T:
    """Return the value if it is of this kind of JSON; raise `Invalid` with what is `wrong` otherwise."""
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    raise _refusal(Sentence("Its manifest is wrong: %(wrong)s.", wrong=wrong))


def _object(value: object, what: str) -> dict[str, object]:
    return _typed(value, dict, Sentence("%(name)s is no object", name=what))


def _list(value: object, what: str, most: int) -> list[object]:
    rows = _typed(value, list, Sentence("%(name)s is no list", name=what))
    too_many = Sentence(
        "Its manifest is wrong: %(name)s has more than %(most)s entries.", name=what, most=Amount(most)
    )
    _require(len(rows) <= most, too_many)
    return rows


def _id(value: object) -> int:
    return _typed(value, int, Sentence("an id is no number"))


def _text(value: object) -> str:
    wrong = Sentence("a name, description or address is no text")
    return "" if value is None else _typed(value, str, wrong)


def _url(text: str) -> str | None:
    """Return the URL as a linked picture would keep it, so that it is found among those that the user has. One that
    may not be requested is returned unchanged, and refused when its picture is made."""
    try:
        return str(parse_url(text)) if text else None
    except Invalid:
        return text


def _require(condition: bool, refusal: Sentence) -> None:
    if not condition:
        raise _refusal(refusal)


def _refusal(reason: Sentence) -> Invalid:
    detail = Sentence("This archive cannot be imported. %(reason)s", reason=reason)
    return Invalid("invalid_archive", detail, pointer="/archive")
