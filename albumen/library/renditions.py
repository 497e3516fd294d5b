"""The files of pictures, and their renditions, which can always be made again from the original."""

import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from albumen import imaging
from albumen.errors import NotFound, OutOfSpace, Unavailable
from albumen.library.models import Picture
from albumen.places import SIZE, Places
from albumen.storage import room_needed
from albumen.storage import storage as storage
from albumen.uploads.decoding import decoding
from albumen.uploads.temporary import Upload

logger = logging.getLogger(__name__)
# An upload is given up if its thumbnails are not stored within this many seconds. Together with the longest single
# call of a slow store, that is less than a proxy waits for a response.
PLACING_SECONDS = 15
# Where a thumbnail may be made while the disk is full: in memory, else where the system has passing files.
_IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# For requests that make a file which is missing, or wait until another one has made it.
_missing_files = Places("missing_files", size=SIZE, at_once=SIZE, each=SIZE, seconds=0, busy="decoders_busy")


@dataclass(frozen=True, slots=True)
class Rendition:
    """A file to deliver: its name in the storage, and its format as `imaging` names it. `height` is the plan's
    thumbnail height in px; None for an original. `content` are its bytes if it is not stored."""

    name: str
    format: str
    height: int | None = None
    content: bytes | None = None


def original_name(sha256: str) -> str:
    return f"originals/{sha256[:2]}/{sha256}"


def renditions_folder(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}"


def export_name(task_id: int) -> str:
    """Return the name of the archive that this task makes."""
    return f"exports/{task_id % 100:02}/{task_id}.zip"


def import_name(token: str) -> str:
    """Return the name of an archive that was sent to be imported; `token` is 32 hex digits."""
    return f"imports/{token[:2]}/{token}.zip"


def _thumbnail_name(sha256: str, height: int, form: str) -> str:
    return f"{renditions_folder(sha256)}/{height}.{imaging.EXTENSIONS[form]}"


def thumbnail(sha256: str, height: int, *, has_alpha: bool, webp: bool) -> tuple[str, str]:
    """Return the name of a thumbnail in the storage, and its format as `imaging` names it."""
    form = "webp" if webp else "png" if has_alpha else "jpeg"
    return _thumbnail_name(sha256, height, form), form


def etag(sha256: str, name: str) -> str:
    """Return the entity tag of a file that is named `name` in the storage and made from this original."""
    return f"{sha256[:32]}-{name.rpartition('/')[2][:40]}"


def place_upload(upload: Upload, heights: Sequence[int]) -> imaging.Facts:
    """Decode an upload whole, and put its thumbnails and then itself into their places, durably.

    Raise `imaging.Refused` if the bytes are not an acceptable picture; then nothing was stored. The thumbnails are
    WebP, which browsers ask for; JPEG and PNG are made at their first request.
    """
    with _temp_paths(heights) as temps:
        facts, made = _render(upload.path, temps, webp=True)
        deadline = time.monotonic() + PLACING_SECONDS
        for height, item in zip(temps, made, strict=True):
            storage().place(item.path, _thumbnail_name(upload.sha256, height, item.format), durable=False)
            if time.monotonic() > deadline:
                raise Unavailable("storage_unavailable")
        storage().place(upload.path, original_name(upload.sha256), size=upload.size)
    return facts


def get_rendition(picture: Picture, height: int | None, *, own: bool, webp: bool) -> Rendition:
    """Return the thumbnail of this height in px, or with None the original: as it was uploaded if the viewer owns the
    picture (`own`), else without private metadata. The caller has checked that the owner's plan has this size."""
    if height is not None:
        return get_thumbnail(picture, height, webp=webp)
    return Rendition(original_name(picture.sha256), picture.format) if own else _get_shared_original(picture)


def get_sendable(picture: Picture, height: int | None, *, own: bool, webp: bool) -> Rendition:
    """Return what `get_rendition` does, or where there is no room for a thumbnail that is missing, one with `content`
    that is not stored: on a full disk people still see what to delete."""
    try:
        return get_rendition(picture, height, own=own, webp=webp)
    except OutOfSpace:
        if height is None:
            raise
    with _source(picture) as source, tempfile.TemporaryDirectory(dir=_IN_MEMORY) as folder:
        _, [made] = _render(source, {height: Path(folder, "thumbnail")}, webp=webp)
        name = _thumbnail_name(picture.sha256, height, made.format)
        return Rendition(name, made.format, height, made.path.read_bytes())


def shared_original_name(sha256: str, form: str) -> str:
    """Return the name of the original without private metadata, in a format as `imaging` names it."""
    return f"{renditions_folder(sha256)}/shared.{imaging.EXTENSIONS[form]}"


def _get_shared_original(picture: Picture) -> Rendition:
    """Return the original without private metadata, which is made at the first request."""
    name = shared_original_name(picture.sha256, picture.format)
    with _made_once(name, picture.sha256) as missing:
        if missing:
            with _temp_paths([0]) as temps:
                with _source(picture) as source, decoding():
                    imaging.strip(source, temps[0])
                storage().place(temps[0], name, durable=False)
    return Rendition(name, picture.format)


def get_thumbnail(picture: Picture, height: int, *, webp: bool) -> Rendition:
    """Return a thumbnail `height` px high, a height of the owner's plan. If it is missing, all missing thumbnails of
    the plan are made in one pass; concurrent requests for them wait for that pass."""
    name, form = thumbnail(picture.sha256, height, has_alpha=picture.has_alpha, webp=webp)
    with _made_once(name, picture.sha256) as missing:
        if missing:
            wanted = [
                other
                for other in {*picture.owner.plan.thumbnail_heights, height}
                if not storage().holds(_thumbnail_name(picture.sha256, other, form))
            ]
            with _temp_paths(wanted) as temps:
                with _source(picture) as source:
                    _, made = _render(source, temps, webp=webp)
                for other, item in zip(temps, made, strict=True):
                    storage().place(item.path, _thumbnail_name(picture.sha256, other, form), durable=False)
    return Rendition(name, form, height)


def _render(source: Path, temps: dict[int, Path], *, webp: bool) -> tuple[imaging.Facts, list[imaging.RenderedFile]]:
    targets = [imaging.Target(temp, height) for height, temp in temps.items()]
    with decoding():
        return imaging.render(source, targets, webp=webp)


@contextmanager
def _temp_paths(keys: Iterable[int]) -> Iterator[dict[int, Path]]:
    """Yield a temporary path for each key; what is left there is removed at the end."""
    temps = {key: storage().temp_path() for key in keys}
    try:
        yield temps
    finally:
        for temp in temps.values():
            temp.unlink(missing_ok=True)


@contextmanager
def _source(picture: Picture) -> Iterator[Path]:
    """Yield the path of the original; raise `NotFound` where it is gone, or the block finds it damaged."""
    try:
        with storage().local(original_name(picture.sha256)) as path:
            yield path
    except (imaging.Refused, FileNotFoundError) as error:
        # It was decoded whole at its upload: its bytes are damaged or gone since.
        logger.exception("The original of picture %s cannot be read.", picture.pk)
        raise NotFound("bytes_missing", "The bytes of this picture cannot be read. Tell the operator.") from error


@contextmanager
def _made_once(name: str, sha256: str) -> Iterator[bool]:
    """Yield True if the file is missing and the block has to make it, else False.

    A lock on the picture lets one thread or process of this machine at a time make its files; others wait. Two
    machines may both make a file, which is harmless: files are placed whole, and both have equal bytes.
    """
    if storage().holds(name):
        yield False
        return
    lock = storage().incoming / f"{sha256}.lock"
    with room_needed():
        lock.parent.mkdir(parents=True, exist_ok=True)
        opened = lock.open("w")
    with opened as file, _missing_files.place():
        fcntl.flock(file, fcntl.LOCK_EX)
        yield not storage().holds(name)
