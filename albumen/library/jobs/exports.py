"""Archives: a ZIP with a manifest. An album's has what its maker may see in it, by the plans of its pictures' owners;
an account's has all that the person gave, as it came."""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.utils import timezone

from albumen import imaging
from albumen.accounts.access import get_active_user
from albumen.accounts.models import User
from albumen.accounts.services.avatars import stored_name
from albumen.errors import NotFound
from albumen.filenames import DistinctNames
from albumen.library import access, renditions
from albumen.library.jobs.account_data import documents_of
from albumen.library.models import Album, Picture, Source
from albumen.library.services.imports_exports import EXPORT_KEPT, require_export_slot
from albumen.storage import room_needed
from albumen.tasks.services import TaskContext

logger = logging.getLogger(__name__)
BLOCK = 1 << 20
CHUNK = 100
MANIFEST = "manifest.json"
AVATAR = "avatar.webp"


def export_pictures(run: TaskContext) -> dict[str, Any]:
    """Write the archive to a temporary path, put it into its place, and return `{url, bytes, pictures, expires_at}`.

    A run that was killed starts from the beginning: the archive is in its place whole, or not at all.
    """
    viewer = get_active_user(run.task.owner_id)
    # Checked at the start of the task too; but a task may be cancelled, and tried again later.
    require_export_slot(owner_id=viewer.pk, now=timezone.now())
    with _temp_paths(run.task.pk) as (archive, manifest):
        album = access.get_album_to_export(viewer, run.task.arguments)
        ids = list(access.pictures_to_export(viewer, run.task.arguments).values_list("pk", flat=True))
        run.report(0, total=len(ids))
        with room_needed():
            packed = _pack(run, viewer, album, ids, archive, manifest)
            with run.step(done=len(ids)):  # Raises when the claim was lost: then nothing is placed.
                access.get_album_to_export(viewer, run.task.arguments)
            size = archive.stat().st_size
            renditions.storage().place(archive, renditions.export_name(run.task.pk))
    expires_at = timezone.now() + EXPORT_KEPT
    return {
        "url": access.sign_export(run.task.pk, viewer, expires_at),
        "bytes": size,
        "pictures": packed,
        "expires_at": expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _pack(run: TaskContext, viewer: User, album: Album | None, ids: list[int], archive: Path, manifest: Path) -> int:
    """Fill both files, and return how many pictures have their bytes in the archive."""
    documents = documents_of(viewer) if album is None else {}
    avatar = _opened(stored_name(viewer.avatar)) if album is None and viewer.avatar else None
    names = DistinctNames([MANIFEST, AVATAR, *documents])
    packed = 0
    with ZipFile(archive, "w", ZIP_STORED, strict_timestamps=False) as file, manifest.open("w") as listed:
        listed.write(_json(_head(run, album))[:-1] + ', "pictures": [')
        for number, picture in enumerate(_found(viewer, run.task.arguments, ids)):
            described = _describe(picture)
            rendition = _rendition(viewer, picture, whole_account=album is None)
            source = None if rendition is None else _opened(rendition.name)
            if rendition is not None and source is not None:
                described["file"] = names.take(picture.name, imaging.EXTENSIONS[rendition.format])
                with source:
                    described |= _facts(picture, rendition) | _copy(file, source, described["file"], picture)
                packed += 1
            listed.write(("," if number else "") + "\n" + _json(described))
            run.report(number + 1)
        listed.write("\n]}\n")
        listed.close()
        with manifest.open("rb") as source, file.open(_entry(MANIFEST, ZIP_DEFLATED), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, BLOCK)
        for name, document in documents.items():
            file.writestr(_entry(name, ZIP_DEFLATED), _json(document, indent=1))
        if avatar is not None:
            with avatar:
                file.writestr(_entry(AVATAR, ZIP_STORED), avatar.read())
    return packed


def _json(value: object, indent: int | None = None) -> str:
    """Return the value as JSON, with times in UTC as ISO 8601 with Z."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_moment)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _head(run: TaskContext, album: Album | None) -> dict[str, Any]:
    about = None if album is None else {"id": album.pk, "name": album.name, "description": album.description}
    kind = "account" if album is None else "album"
    return {"version": 1, "kind": kind, "exported_at": timezone.now(), "album": about}


def _found(viewer: User, arguments: Mapping[str, Any], ids: list[int]) -> Iterator[Picture]:
    """Yield, in this order, those of the pictures that the task may still export; raise as `get_album_to_export`
    does."""
    # What others own is asked for one by one, because packing many takes minutes, in which they may take it back.
    length = CHUNK if arguments["album"] is None else 1
    for start in range(0, len(ids), length):
        some = ids[start : start + length]
        rows = access.pictures_to_export(viewer, arguments).select_related("owner__plan").in_bulk(some)
        yield from (rows[picture_id] for picture_id in some if picture_id in rows)


def _rendition(viewer: User, picture: Picture, *, whole_account: bool) -> renditions.Rendition | None:
    """Return the file to pack; None for a linked picture, and where the file is damaged or gone.

    An account's archive has the originals, whatever the plan. An album's has what the API would give the viewer: the
    original where the owner's plan has it, else the plan's largest thumbnail.
    """
    if picture.source == Source.LINK:
        return None
    plan = picture.owner.plan
    height = None if whole_account or plan.original else max(plan.thumbnail_heights)
    try:
        return renditions.get_rendition(picture, height, own=picture.owner_id == viewer.pk, webp=True)
    except NotFound:
        return None


def _opened(stored: str) -> IO[bytes] | None:
    """Return the stored file, or None where it is gone: one damaged picture does not fail the whole export."""
    try:
        return renditions.storage().open(stored)
    except FileNotFoundError:
        logger.error("The bytes of %s are missing; an export goes on without them.", stored)
        return None


def _describe(picture: Picture) -> dict[str, Any]:
    """Return the picture's entry; what is of its file is null until there is one."""
    return {
        "file": None,
        "id": picture.pk,
        "name": picture.name,
        "description": picture.description,
        "owner": picture.owner_id,
        "source": picture.source,
        "image_url": picture.image_url,
        **dict.fromkeys(("format", "width", "height", "bytes", "sha256")),
        "taken_at": picture.taken_at,
        "created_at": picture.created_at,
        "updated_at": picture.updated_at,
    }


def _facts(picture: Picture, rendition: renditions.Rendition) -> dict[str, Any]:
    """Return format, width and height (px, upright) of the file that is packed."""
    size = (picture.width, picture.height)
    if rendition.height is not None:
        size = imaging.fit_height(*size, rendition.height)
    return {"format": rendition.format, "width": size[0], "height": size[1]}


def _copy(archive: ZipFile, source: IO[bytes], name: str, picture: Picture) -> dict[str, Any]:
    """Pack the file, and return its size in bytes and its sha256."""
    entry = _entry(name, ZIP_STORED)
    taken = (picture.taken_at or picture.created_at).astimezone(UTC)
    if 1980 <= taken.year <= 2107:  # What the format can tell.
        entry.date_time = taken.timetuple()[:6]
    size, digest = 0, hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as target:
        while block := source.read(BLOCK):
            size += len(block)
            digest.update(block)
            target.write(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _entry(name: str, method: int) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type = method
    entry.external_attr = 0o644 << 16
    return entry


@contextmanager
def _temp_paths(task_id: int) -> Iterator[tuple[Path, Path]]:
    """Yield two temporary paths; what an earlier run of the task has left is removed first."""
    prefix = f"export-{task_id}-"
    archive = renditions.storage().temp_path()
    for left in archive.parent.glob(f"{prefix}*"):
        left.unlink(missing_ok=True)
    paths = (archive.with_name(prefix + archive.name), archive.with_name(f"{prefix}{archive.name}.json"))
    try:
        yield paths
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
