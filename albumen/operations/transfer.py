"""Copies an installation to another database and another storage (`manage.py move_to`).

Rows are compared by their values and files by their sha256. What is there already is not sent again, so that an
interrupted move can be repeated.
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.files.storage import storages
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.models import Model

from albumen.storage import Storage, copy, storage

TARGET = "target"
FOLDERS = ("originals", "thumbnails", "avatars", "exports", "imports")
# Tables that migrations fill in an empty database.
FILLED = {"plans.Plan", "contenttypes.ContentType", "auth.Permission"}
ROWS = 1000
AT_ONCE = 8


class CannotMove(Exception):
    """The move cannot begin, or did not copy everything. The text says why."""


def connect(description: dict[str, Any]) -> None:
    """Register the other database as TARGET. `description` is an entry of Django's DATABASES."""
    filled = connections.configure_settings({"default": {}, TARGET: description})
    connections.settings[TARGET] = filled[TARGET]


def copy_rows() -> tuple[int, bool]:
    """Copy every row of every table to TARGET, which is migrated, in one transaction. Return the number of rows, and
    whether they were there before. Raise `CannotMove` if TARGET has other rows."""
    ours = {model: _digest(model, "default") for model in _models()}
    count = sum(rows for rows, _ in ours.values())
    filled = [model for model in ours if model._meta.label not in FILLED and _rows(model, TARGET).exists()]
    if filled:
        if ours == {model: _digest(model, TARGET) for model in ours}:
            return count, True
        names = ", ".join(model._meta.db_table for model in filled[:5])
        raise CannotMove(f"The other database has rows that differ from those here ({names}): take an empty one.")
    with transaction.atomic(using=TARGET):
        connection = connections[TARGET]
        connection.ops.execute_sql_flush(
            connection.ops.sql_flush(no_style(), [model._meta.db_table for model in ours], allow_cascade=True)
        )
        # The order of tables does not matter: references are checked at the commit.
        for model in ours:
            rows = _rows(model, "default").iterator(chunk_size=ROWS)
            while batch := list(islice(rows, ROWS)):
                _rows(model, TARGET).bulk_create(batch)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(ours)):
                cursor.execute(statement)
        wrong = [model._meta.db_table for model in ours if ours[model] != _digest(model, TARGET)]
        if wrong:
            raise CannotMove(f"The rows of {', '.join(wrong)} came over changed; nothing was kept there.")
    return count, False


def copy_files(description: dict[str, Any]) -> tuple[int, int]:
    """Copy every stored file to the other storage, then read and compare all of them on both sides. Return the number
    of files, and how many of them were sent now. `description` is an entry of Django's STORAGES.

    Raise `CannotMove` if the other storage has other files, or files that still differ.
    """
    target: Storage = storages.create_storage(description)  # type: ignore[assignment]
    ours, theirs = _sizes(storage()), _sizes(target)
    if foreign := sorted(theirs.keys() - ours.keys()):
        raise CannotMove(f"The other store has {foreign[0]}, which is not here: take an empty one.")
    missing = [name for name, size in ours.items() if theirs.get(name) != size]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(partial(_copy_file, target), missing))
        same = threads.map(partial(_same, target), ours)
        wrong = [name for name, right in zip(ours, same, strict=True) if not right]
    if wrong:
        raise CannotMove(
            f"{len(wrong)} files differ from those here, {wrong[0]} for one: remove them there and go on."
        )
    return len(ours), len(missing)


def _sizes(place: Storage) -> dict[str, int]:
    """Return the size of every stored file in bytes, by its name."""
    return {item.name: item.size for folder in FOLDERS for item in place.listed(folder)}


def _copy_file(target: Storage, name: str) -> None:
    temp = target.temp_path()
    try:
        with storage().open(name) as source:
            size = copy(source, temp)
        target.place(temp, name, size=size)
    finally:
        temp.unlink(missing_ok=True)


def _same(target: Storage, name: str) -> bool:
    try:
        return _sha256(target, name) == _sha256(storage(), name)
    except FileNotFoundError:
        return False


def _sha256(place: Storage, name: str) -> str:
    with place.open(name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _models() -> list[type[Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def _rows(model: type[Model], using: str) -> Any:
    return model._base_manager.using(using)


def _digest(model: type[Model], using: str) -> tuple[int, int]:
    """Return the number of rows, and the sum of their hashes, which does not depend on their order."""
    count = total = 0
    fields = [field.attname for field in model._meta.concrete_fields]
    for row in _rows(model, using).values_list(*fields).iterator(chunk_size=ROWS):
        text = json.dumps(row, default=_plain, sort_keys=True)
        total += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
        count += 1
    return count, total % 2**256


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
