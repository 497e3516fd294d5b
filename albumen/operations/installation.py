"""Whether there is an installation at all where the settings lead, asked before a command works on it: in a second
terminal without ALBUMEN_DATA_DIR that is an empty folder, and nobody finds what is made there."""

from pathlib import Path

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

# They make an installation, need none, or look for what is wrong with it.
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


def require(arguments: list[str]) -> None:
    """Raise `ImproperlyConfigured` where this command of `manage.py` (`arguments` begin with its name) needs an
    installation and there is none. Nothing is made meanwhile."""
    asks_for_help = not arguments or arguments[0].startswith("-") or {"-h", "--help", "--version"} & set(arguments)
    if asks_for_help or arguments[0] in NEED_NONE:
        return
    django.setup()
    if reason := what_is_missing():
        raise ImproperlyConfigured(f"{reason} Nothing was changed.\n> {REMEDY}")


def what_is_missing() -> str:
    """Return why there is no installation here, in a sentence; an empty text where there is one, or where the database
    does not answer, which the command itself will say."""
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
    """Return whether the database would be a file, and is not there."""
    return connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists()
