"""Remove files that no row names any more."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice

from django.utils import timezone

from albumen.accounts.models import Registration, User
from albumen.library.models import Picture
from albumen.library.services.freeing import FRESH, is_named
from albumen.library.services.imports_exports import EXPORT_KEPT, archives_to_import
from albumen.storage import ASIDE, Listed, storage
from albumen.tasks.services import TaskContext

# How long files may be without a row. Temporary files, parts of uploads and archives that are received take longer.
GRACE = timedelta(minutes=30)
LONG_GRACE = timedelta(days=1)
BATCH = 500


def sweep(context: TaskContext) -> dict[str, int]:
    """Handle a task: sweep what is half an hour old, or with `at_once` what is a minute old."""
    grace = FRESH if context.task.arguments.get("at_once") else GRACE
    return {"removed": sweep_files(now=timezone.now(), grace=grace)}


def sweep_files(*, now: datetime, grace: timedelta = GRACE) -> int:
    """Remove files that no row names, once they are as old as `grace`, and return how many.

    `grace` is longer than an upload takes between its file and its row. Temporary files are kept for a day.
    """
    before, long_before = now - grace, now - LONG_GRACE
    count = storage().delete_old_temporary_files(long_before) + storage().forget_parts(long_before)
    for item in _unnamed(_older("originals", before), _sha256, Picture, "sha256"):
        sha256 = _sha256(item)
        count += storage().sweep(item, before=before, kept=partial(is_named, sha256))
    needed = archives_to_import()
    for item in chain(
        _unnamed(_older("thumbnails", before), _folder, Picture, "sha256"),
        _unnamed(_unnamed(_older("avatars", before), _last, User, "avatar"), _last, Registration, "avatar"),
        (item for item in _older("imports", long_before) if item.name not in needed),
        _older("exports", now - EXPORT_KEPT - timedelta(hours=1)),
    ):
        storage().delete(item.name)
        count += 1
    return count


def delete_old_temporary_files(*, now: datetime) -> int:
    """Remove what killed processes left on this machine's own disk, and return how many files. Each server does it at
    its start, because no other machine's sweep sees this disk."""
    return storage().delete_old_temporary_files(now - LONG_GRACE)


def _older(prefix: str, before: datetime) -> Iterator[Listed]:
    moment = before.timestamp()
    return (item for item in storage().listed(prefix) if item.placed < moment or item.name.endswith(ASIDE))


def _unnamed(
    items: Iterator[Listed], key: Callable[[Listed], str], model: type[Picture | Registration | User], field: str
) -> Iterator[Listed]:
    """Yield those whose key no row of the model has in this field, and all that an earlier sweep has set aside."""
    while batch := list(islice(items, BATCH)):
        named = model.objects.filter(**{f"{field}__in": {key(item) for item in batch}})
        known = set(named.values_list(field, flat=True))
        yield from (item for item in batch if key(item) not in known or item.name.endswith(ASIDE))


def _last(item: Listed) -> str:
    return item.name.rpartition("/")[2]


def _sha256(item: Listed) -> str:
    return _last(item).removesuffix(ASIDE)


def _folder(item: Listed) -> str:
    return item.name.split("/")[-2]
