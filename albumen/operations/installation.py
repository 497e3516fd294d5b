"""Checks that the settings lead to an installation before a command of `manage.py` works on it.

In a second terminal without ALBUMEN_DATA_DIR they lead to an empty folder, and nobody finds what is written there.
"""

from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

# These commands create an installation, need none, or look for what is wrong with it.
NEED_NONE = frozenset(
    {
        *("migrate", "doctor", "check", "help", "version", "test", "testserver", "diffsettings", "sendtestemail"),
        *("makemigrations", "makemessages", "compilemessages", "sqlmigrate", "optimizemigration", "squashmigrations"),
        *("collectstatic", "findstatic", "spectacular", "startapp", "startproject"),
    }
)
REMEDY = (
    "Set ALBUMEN_DATA_DIR (and DATABASE_URL, where it is used) as the server has it. "
    "To begin an installation here, start it once with `make run`, or run `manage.py migrate`."
)


def begins_one(arguments: list[str]) -> bool:
    """Return whether this command of `manage.py` creates an installation where there is none: `migrate`, and
    `serve --migrate`."""
    return arguments[:1] == ["migrate"] or (arguments[:1] == ["serve"] and "--migrate" in arguments)


def writes_data(arguments: list[str]) -> bool:
    """Return whether this command of `manage.py` may write into the data folder."""
    return not _asks_for_help(arguments) and (begins_one(arguments) or arguments[0] not in NEED_NONE)


def _asks_for_help(arguments: list[str]) -> bool:
    return not arguments or arguments[0].startswith("-") or bool({"-h", "--help", "--version"} & set(arguments))


def require(arguments: list[str]) -> None:
    """Raise `ImproperlyConfigured` if this command of `manage.py` needs an installation and there is none. `arguments`
    begin with the name of the command. Nothing is created."""
    if _asks_for_help(arguments) or arguments[0] in NEED_NONE or begins_one(arguments):
        return
    django.setup()
    if reason := what_is_missing():
        raise ImproperlyConfigured(f"{reason} Nothing was changed.\n> {REMEDY}")


def what_is_missing() -> str:
    """Return in a sentence why there is no installation here. Return an empty text if there is one, or if the database
    is away: the command itself will fail on that."""
    if lacks_file():
        return f"The data folder is {settings.DATA_DIR}, and there is no database in it."
    try:
        tables = connection.introspection.table_names()
    except DatabaseError:
        return ""
    finally:
        connection.close()
    if "django_migrations" not in tables:
        place = (
            f"in the data folder {settings.DATA_DIR}" if connection.vendor == "sqlite" else "that DATABASE_URL names"
        )
        return f"The database {place} is empty."
    if not settings.KEY_IS_KEPT:
        return (
            f"The data folder is {settings.DATA_DIR}, there is no secret key in it, and ALBUMEN_SECRET_KEY is not set."
        )
    return ""


def lacks_file() -> bool:
    """Return whether the database is a file (SQLite) that does not exist."""
    return connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists()
