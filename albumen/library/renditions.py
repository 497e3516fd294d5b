"""The files of pictures, and their renditions, which can always be made again from the original."""

import fcntl
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from albumen import imaging
from albumen.errors import NotFound, Unavailable
from albumen.library.models import Picture
from albumen.storage import room_needed
from albumen.storage import storage as storage
from albumen.uploads.temporary import Upload

logger = logging.getLogger(__name__)
# Seconds after which no more files of an upload are placed. Together with the longest single call of a slow store,
# that is less than a proxy waits for a response.
PLACING_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Rendition:
    """Bytes to deliver: the stored file's name, and its format as `imaging` names it. `height` is a thumbnail's in its
    plan, in px; None for the whole picture."""

    name: str
    format: str
    height: int | None = None


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


def place_upload(upload: Upload, heights: Sequence[int]) -> imaging.Facts:
    """Decode an upload whole, and put its thumbnails and then itself into their places, durably.

    `imaging.Refused` when the bytes are no picture that can be taken; then nothing was put anywhere. The thumbnails
    made now are those that browsers ask for.
    """
    temps = {height: storage().temp_path() for height in heights}
    try:
        facts, made = _render(upload.path, temps, webp=True)
        deadline = time.monotonic() + PLACING_SECONDS
        for height, item in zip(temps, made, strict=True):
            storage().place(item.path, _thumbnail_name(upload.sha256, height, item.format), durable=False)
            if time.monotonic() > deadline:
                raise Unavailable("storage_unavailable")
        storage().place(upload.path, original_name(upload.sha256), size=upload.size)
    finally:
        for temp in temps.values():
            temp.unlink(missing_ok=True)
    return facts


def get_original(picture: Picture) -> Rendition:
    """Return the bytes as they were uploaded, for the owner alone."""
    return Rendition(original_name(picture.sha256), picture.format)


def get_shared_original(picture: Picture) -> Rendition:
    """Return the original without private metadata, for all but its owner; it is made at the first request."""
    name = f"{renditions_folder(picture.sha256)}/shared.{imaging.EXTENSIONS[picture.format]}"
    with _made_once(name, picture.sha256) as missing:
        if missing:
            temp = storage().temp_path()
            try:
                with _known_failures(picture), _source(picture) as source, _decoding():
                    imaging.strip(source, temp)
                storage().place(temp, name, durable=False)
            finally:
                temp.unlink(missing_ok=True)
    return Rendition(name, picture.format)


def get_thumbnail(picture: Picture, height: int, plan_heights: Sequence[int], *, webp: bool) -> Rendition:
    """Return a thumbnail `height` px high. Where it is missing, all that are missing of the plan's heights are made in
    one pass, and once for all requests at that time. The caller has checked that the plan has this height."""
    form = "webp" if webp else "png" if picture.has_alpha else "jpeg"
    name = _thumbnail_name(picture.sha256, height, form)
    with _made_once(name, picture.sha256) as missing:
        if missing:
            wanted = {
                other: storage().temp_path()
                for other in {*plan_heights, height}
                if not storage().holds(_thumbnail_name(picture.sha256, other, form))
            }
            try:
                with _known_failures(picture), _source(picture) as source:
                    _, made = _render(source, wanted, webp=webp)
                for other, item in zip(wanted, made, strict=True):
                    storage().place(item.path, _thumbnail_name(picture.sha256, other, form), durable=False)
            finally:
                for temp in wanted.values():
                    temp.unlink(missing_ok=True)
    return Rendition(name, form, height)


def _render(source: Path, temps: dict[int, Path], *, webp: bool) -> tuple[imaging.Facts, list[imaging.RenderedFile]]:
    targets = [imaging.Target(temp, height) for height, temp in temps.items()]
    with _decoding():
        return imaging.render(source, targets, webp=webp)


@contextmanager
def _decoding() -> Iterator[None]:
    """Raise `Unavailable` where all decoders are busy, `OutOfSpace` where the disk is full."""
    try:
        with room_needed():
            yield
    except imaging.DecodersBusy:
        raise Unavailable("decoders_busy") from None


def _source(picture: Picture) -> AbstractContextManager[Path]:
    return storage().local(original_name(picture.sha256))


@contextmanager
def _made_once(name: str, sha256: str) -> Iterator[bool]:
    """Yield whether the caller must make the file; others on this machine that need one of the same picture wait
    meanwhile. Two machines may both make it: files are placed whole, and theirs are equal."""
    if storage().holds(name):
        yield False
        return
    lock = storage().incoming / f"{sha256}.lock"
    with room_needed():
        lock.parent.mkdir(parents=True, exist_ok=True)
        opened = lock.open("w")
    with opened as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield not storage().holds(name)


@contextmanager
def _known_failures(picture: Picture) -> Iterator[None]:
    try:
        yield
    except (imaging.Refused, FileNotFoundError) as error:
        # It was decoded whole at its upload: its bytes are damaged or gone since.
        logger.exception("The original of picture %s cannot be read.", picture.pk)
        raise NotFound("bytes_missing", "The bytes of this picture cannot be read. Tell the operator.") from error
