"""Importing an archive that an export has made: its pictures, with names and descriptions, and its albums."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from django.utils import timezone

from albumen.accounts.access import get_active_user
from albumen.accounts.models import User
from albumen.errors import DomainError, Invalid, NotFound, OutOfSpace, Unavailable
from albumen.library import access, renditions
from albumen.library.models import Picture
from albumen.library.services import album_contents, albums, archives, linked, pictures
from albumen.library.services.archives import Archive, ArchivedPicture
from albumen.remote import check_image
from albumen.tasks.services import TaskContext
from albumen.uploads.temporary import Upload

CHUNK = 500
# Results and checkpoints are JSON in the task's row, so they have to stay small.
REFUSALS_KEPT = 100


def import_archive(run: TaskContext) -> dict[str, Any]:
    """Return `{pictures, existing, refused, refusals, albums}`: how many pictures were made, were there already, and
    were refused, with the first refusals by name.

    Each picture is committed together with the position after it, and a run that was interrupted goes on from there.
    It walks over the earlier entries again, only to find the ids of their pictures, which the albums need; so a
    picture that the user has already, by its bytes or URL and its name, is not made again.
    """
    name = run.task.arguments["archive"]
    if "result" not in run.task.checkpoint:
        if not renditions.storage().holds(name):
            raise NotFound("archive_gone", "The archive is not kept any more: send it again.")
        with renditions.storage().local(name) as path, archives.open_archive(path) as archive:
            result = _Import(run, archive).carry_out()
        with run.step(checkpoint={"result": result}):
            pass
    renditions.storage().delete(name)
    finished: dict[str, Any] = run.task.checkpoint["result"]
    return finished


@dataclass(slots=True)
class _Progress:
    """The checkpoint: the position of the next entry, how many pictures were made, and how many were refused, with the
    first of these refusals."""

    position: int = 0
    made: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)


class _Import:
    """An attempt to import an archive."""

    def __init__(self, run: TaskContext, archive: Archive) -> None:
        self._run = run
        self._archive = archive
        self._progress = _Progress(**run.task.checkpoint)
        # The ids of pictures here, by their ids in the archive.
        self._found: dict[int, int] = {}

    def carry_out(self) -> dict[str, Any]:
        known = _Known(get_active_user(self._run.task.owner_id), self._archive.pictures)
        for position, entry in enumerate(self._archive.pictures):
            picture_id = known.take(entry)
            if picture_id is not None:
                self._found[entry.id] = picture_id
                self._run.report(max(position + 1, self._progress.position))
            elif position >= self._progress.position:
                self._run.give_way()
                self._import_entry(position, entry)
        filled = self._fill_album() if self._run.task.arguments["album"] is not None else self._fill_albums()
        return {
            "pictures": self._progress.made,
            "existing": len(self._found) - self._progress.made,
            "refused": self._progress.refused,
            "refusals": self._progress.refusals,
            "albums": filled,
        }

    def _import_entry(self, position: int, entry: ArchivedPicture) -> None:
        # Read for each picture: plan, quota and rights may have changed since the last one.
        actor = get_active_user(self._run.task.owner_id)
        if (album_id := self._run.task.arguments["album"]) is not None:
            # It is filled at the end: the import ends here where the actor may not fill it by now.
            access.get_album_to_edit_contents(actor, album_id)
        self._progress.position = position + 1
        try:
            self._make(actor, entry)
        except (OutOfSpace, Unavailable):
            raise
        except DomainError as refusal:
            self._progress.refused += 1
            if len(self._progress.refusals) < REFUSALS_KEPT:
                self._progress.refusals.append({"name": entry.name, "error": refusal.as_json()})
            with self._run.step(done=position + 1, checkpoint=asdict(self._progress)):
                pass

    def _make(self, actor: User, entry: ArchivedPicture) -> None:
        # The slow part comes before the step. The picture is committed together with the checkpoint, so that no
        # attempt makes it twice.
        create: Callable[..., Picture]
        if entry.file is not None:
            create = partial(pictures.create_picture, stored=self._unpack(actor, entry, entry.file))
        elif entry.image_url is not None:
            create = partial(linked.create_linked_picture, image=check_image(entry.image_url))
        else:
            raise Invalid("file_missing", "The archive has no bytes of this picture.")
        with self._run.step(done=self._progress.position) as step:
            picture = create(
                actor=actor, owner=actor, name=entry.name, description=entry.description, now=timezone.now()
            )
            step.checkpoint = asdict(replace(self._progress, made=self._progress.made + 1))
        self._progress.made += 1
        self._found[entry.id] = picture.pk

    def _unpack(self, actor: User, entry: ArchivedPicture, file: str) -> pictures.StoredUpload:
        upload = Upload(renditions.storage().temp_path(), field="image", limit=actor.plan.max_upload_bytes)
        try:
            self._archive.copy(file, upload.write)
            upload.finish()
            if upload.sha256 != entry.sha256:
                raise Invalid("damaged_entry", "Its bytes are not those that the archive's manifest tells of.")
            return pictures.store_upload(owner=actor, upload=upload)
        finally:
            upload.discard()

    def _fill_album(self) -> int:
        """Append all pictures to the album that the request named, and return 1."""
        actor = get_active_user(self._run.task.owner_id)
        with self._run.step(done=len(self._archive.pictures)):
            album = album_contents.lock_to_fill(actor=actor, album_id=self._run.task.arguments["album"])
            ids = [self._found[one.id] for one in self._archive.pictures if one.id in self._found]
            album_contents.append_own(actor=actor, album=album, picture_ids=ids, now=timezone.now())
        return 1

    def _fill_albums(self) -> int:
        """Append the pictures to the user's albums that have the names of the archive's, or to new private albums, and
        return how many albums these are."""
        actor = get_active_user(self._run.task.owner_id)
        filled: list[int] = []
        for number, album in enumerate(self._archive.albums, start=1):
            ids = [self._found[one] for one in album.pictures if one in self._found]
            with self._run.step(done=len(self._archive.pictures) + number):
                filled.append(
                    albums.fill_named_album(
                        actor=actor,
                        name=album.name,
                        description=album.description,
                        picture_ids=ids,
                        other_than=filled,
                        now=timezone.now(),
                    )
                )
        return len(filled)


class _Known:
    """The user's pictures that are also in the archive. Each of them stands for one entry, so that two equal entries
    are two pictures."""

    def __init__(self, owner: User, entries: Sequence[ArchivedPicture]) -> None:
        self._ids: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        live = Picture.objects.live().filter(owner=owner).order_by("-pk")
        keys = {
            "sha256": {entry.sha256 for entry in entries if entry.file is not None},
            "image_url": {entry.image_url for entry in entries if entry.file is None and entry.image_url},
        }
        for column, wanted in keys.items():
            ordered = sorted(wanted)
            for start in range(0, len(ordered), CHUNK):
                some = live.filter(**{f"{column}__in": ordered[start : start + CHUNK]})
                for picture_id, key, name in some.values_list("pk", column, "name"):
                    self._ids[key, name].append(picture_id)

    def take(self, entry: ArchivedPicture) -> int | None:
        """Return the id of the oldest such picture that was not taken for another entry; None if there is none."""
        key = entry.image_url or "" if entry.file is None else entry.sha256
        ids = self._ids.get((key, entry.name))
        return ids.pop() if ids else None
