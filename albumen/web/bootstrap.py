"""What settings need before Django exists: the database, the secret key of a fresh installation, and the production
checks."""

import logging
import os
import secrets
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# Beside the requests: the hourly sweep, and what else works in threads of its own.
SPARE_CONNECTIONS = 8


class Environment(environ.Env):
    """Remembers what was asked for, so that the doctor knows a variable that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        self.names.add(var)
        return super().get_value(var, *args, **kwargs)


def _without_the_line(record: logging.LogRecord) -> bool:
    """django-environ repeats whole lines that it cannot read."""
    if record.args and record.levelno >= logging.WARNING:
        record.msg, record.args = "A line that is not like NAME=value, without spaces around the =, is not read.", ()
    return True


logging.getLogger(environ.Env.__module__).addFilter(_without_the_line)


class _Aside(environ.Env):
    """Keeps what it reads from a file to itself."""


def settings_in(path: Path) -> dict[str, str]:
    """What a file like `.env` sets, for a command that is about another installation."""
    _Aside.ENVIRON = {}
    with path.open(encoding="utf8") as file:
        _Aside.read_env(file)
    return dict(_Aside.ENVIRON)


def unsafe_settings(debug: bool, secret_key: str, allowed_hosts: list[str]) -> list[tuple[str, str]]:
    """Return what makes these settings unsafe, each fault with its remedy."""
    faults = []
    if debug:
        faults.append(("ALBUMEN_DEBUG is on: debug pages show the server's memory", "Unset it."))
    if len(secret_key) < 32 or len(set(secret_key)) < 8:
        faults.append(("ALBUMEN_SECRET_KEY is missing or guessable", "Set at least 32 random characters."))
    if not allowed_hosts or any(host.strip() in ("*", "") for host in allowed_hosts):
        faults.append(("ALBUMEN_ALLOWED_HOSTS is empty or allows any host", "Name the hosts that you serve."))
    return faults


def database(url: str, *, data_dir: Path, threads: int, plans_kept: bool = True) -> dict[str, Any]:
    """Django's description of the database that the URL names, which must be PostgreSQL; of SQLite in the data folder
    when it is empty. `ImproperlyConfigured` says what is wrong with a URL, and never repeats its password."""
    if not url:
        return _sqlite(data_dir / "albumen.sqlite3")
    try:
        with warnings.catch_warnings(action="ignore"):
            found = environ.Env.db_url_config(url)
    except ValueError:
        # Of which a slash in the password makes a port, and would repeat it.
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read: it must be like postgres://user:password@host:5432/name. Percent-encode "
            "what is neither a letter nor a digit in the password."
        ) from None
    if found.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL must be like postgres://user:password@host:5432/name; empty, SQLite is used."
        )
    if not found["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL names no database: postgres://user:password@host:5432/name.")
    options = found.get("OPTIONS", {})
    # The folder of a Unix socket comes as libpq has it, postgres://user@/name?host=/run/postgresql, or percent-encoded
    # in the place of the host, where django-environ leaves it as it is.
    host = options.pop("host", "") or unquote(found["HOST"])
    # A request never waits for a connection, because each of its threads may have one.
    # What it waits for is a new connection alone, and while the database is away nobody is kept waiting for that.
    # Giving up soon has the next request try again at once, instead of after pauses that double.
    pool = {"min_size": 1, "max_size": threads + SPARE_CONNECTIONS, "timeout": 1.5, "reconnect_timeout": 2}
    return {
        **found,
        "HOST": host,
        # The pool keeps connections; Django itself must not.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        # So often a statement of `albumen/prepared.py` runs before the server keeps its plan.
        "OPTIONS": {**options, "prepare_threshold": 5 if plans_kept else None, "pool": pool},
    }


def _sqlite(path: Path) -> dict[str, Any]:
    # WAL lets readers go on beside the one writer; IMMEDIATE takes the write lock at once, because a transaction that
    # reads first and writes later fails with "database is locked" instead of waiting; FULL keeps an answered write
    # through a power cut.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;",
        },
    }


def storage(url: str) -> dict[str, Any]:
    """Django's description of the place for stored files: the S3 bucket that the URL names, or the data folder when it
    is empty. `ImproperlyConfigured` says what is wrong with a URL, and never repeats its secret."""
    if not url:
        return {"BACKEND": "albumen.storage.disk.DiskStorage"}
    shape = "ALBUMEN_STORAGE_URL must be like s3://KEY:SECRET@host:port/bucket?region=eu-west-1, or s3://bucket"
    try:
        parts = urlsplit(url)
        address = parts.netloc.rpartition("@")[2]
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{shape}; this one cannot be read. Percent-encode the secret.") from None
    scheme = query.pop("scheme", "https")
    region = query.pop("region", None)
    bucket = parts.path.strip("/")
    if parts.scheme != "s3" or not address or "/" in bucket or parts.fragment or (port and not bucket):
        raise ImproperlyConfigured(f"{shape}.")
    if query or scheme not in ("http", "https"):
        raise ImproperlyConfigured(f"{shape}; after the ? there may be region, and scheme=http or scheme=https.")
    if bool(parts.username) != bool(parts.password):
        raise ImproperlyConfigured(f"{shape}; a key needs its secret.")
    options = {
        "access_key": unquote(parts.username) if parts.username else None,
        "secret_key": unquote(parts.password) if parts.password else None,
        "region_name": region,
        "bucket_name": bucket or address,
        "endpoint_url": f"{scheme}://{address}" if bucket else None,
    }
    return {
        "BACKEND": "albumen.storage.s3.S3Storage",
        "OPTIONS": {name: value for name, value in options.items() if value},
    }


def may_make_key(arguments: list[str], data_dir: Path, *, sqlite: bool) -> bool:
    """Return whether the data folder has a key, or this process may make one: `migrate`, and a server whose database
    is there. Another command of `manage.py` would make that of an empty folder. `arguments` are `sys.argv`."""
    command = arguments[1] if Path(arguments[0]).name == "manage.py" and len(arguments) > 1 else ""
    if (data_dir / "secret_key").exists() or command == "migrate":
        return True
    return (data_dir / "albumen.sqlite3").exists() if sqlite else command in ("", "serve")


def secret_key(data_dir: Path, *, kept: bool) -> str:
    """Return the installation's own key, made on first use with mode 600. Safe when two processes start at once. One
    that is not kept serves this process alone."""
    if not kept:
        return secrets.token_urlsafe(48)
    path = data_dir / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f".secret_key.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, never replaces the key of another process that was first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
