"""Whether the database has every migration, found out without loading a single one."""

import pkgutil
from importlib.util import find_spec

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

Names = set[tuple[str, str]]


def are_missing() -> bool:
    """Return whether `migrate` may have something to do: it does nothing where every migration on the disk is recorded
    in the database. Return true where that cannot be read, so that whoever needs the database says why."""
    try:
        recorded = set(MigrationRecorder(connection).migration_qs.values_list("app", "name"))
    except DatabaseError:
        return True
    finally:
        # Whoever runs on is a server or a worker, whose threads have connections of their own.
        connection.close()
    return not on_disk() <= recorded


def on_disk() -> Names:
    """Return the app and the name of every migration of this version. `MigrationLoader` knows the same ones, but
    imports each."""
    return {
        (config.label, module.name)
        for config in apps.get_app_configs()
        if (package := find_spec(f"{config.name}.migrations"))
        for module in pkgutil.iter_modules(package.submodule_search_locations)
        if not module.ispkg and module.name[0] not in "_~"
    }
