"""Functions for the settings, usable before Django is set up: database and storage URLs, the secret key, safety."""

import logging
import os
import re
import secrets
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from albumen.operations import installation, ranges

# Connections for threads beside those of requests, like WebSockets and probes.
SPARE_CONNECTIONS = 8
YES_OR_NO = {*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "n", "no", "0", ""}
# Words of which people make keys that they mean to replace.
_PLACEHOLDER = re.compile(
    r"change.?(me|this|it)|replace.?(me|this)|insecure|placeholder|example|secret.?key|password|your.?key",
    re.IGNORECASE,
)


class Environment(environ.Env):
    """The environment, which raises `ImproperlyConfigured` for a number outside of its range, and for what is neither
    yes nor no.

    For `doctor` it remembers the names of all variables that were read, to find misspelled ones, and the numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.numbers: dict[str, float] = {}

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **kwargs: Any) -> Any:
        self.names.add(var)
        text = self.ENVIRON.get(var, "")
        if cast is bool and text.strip().lower() not in YES_OR_NO:
            raise ImproperlyConfigured(f"{var} is {text!r}; it must be true or false.")
        if cast not in (int, float):
            return super().get_value(var, cast, default, **kwargs)
        try:
            number = super().get_value(var, cast, default, **kwargs) if text else default
        except ValueError:
            whole = "a whole number" if cast is int else "a number"
            raise ImproperlyConfigured(f"{var} is {text!r}; it must be {whole}.") from None
        ranges.require(var, number)
        self.numbers[var] = number
        return number


def _hide_line(record: logging.LogRecord) -> bool:
    """Replace warnings of django-environ, which repeat whole lines that it cannot read, secrets included; return True,
    to log them."""
    if record.args and record.levelno >= logging.WARNING:
        record.msg, record.args = "A line that is not like NAME=value, without spaces around the =, is not read.", ()
    return True


logging.getLogger(environ.Env.__module__).addFilter(_hide_line)


class _FileEnvironment(environ.Env):
    """An environment that is read from a file, without changing `os.environ`."""


def settings_in(path: Path) -> dict[str, str]:
    """Return the variables of a file like `.env`, for a command that is about another installation."""
    _FileEnvironment.ENVIRON = {}
    with path.open(encoding="utf8") as file:
        _FileEnvironment.read_env(file)
    return dict(_FileEnvironment.ENVIRON)


def unsafe_settings(debug: bool, secret_key: str, allowed_hosts: list[str]) -> list[tuple[str, str]]:
    """Return what makes these settings unsafe, each fault with its remedy."""
    faults = []
    if debug:
        faults.append(("ALBUMEN_DEBUG is on: debug pages show the server's memory", "Unset it."))
    if _is_guessable(secret_key):
        hint = "Set at least 32 random characters: `openssl rand -hex 32` prints 64."
        faults.append(("ALBUMEN_SECRET_KEY is missing or guessable", hint))
    hosts = [host.strip() for host in allowed_hosts]
    if not hosts or any(host in ("*", "") for host in hosts):
        faults.append(("ALBUMEN_ALLOWED_HOSTS is empty or allows any host", "Name the hosts that you serve."))
    if wide := [host for host in hosts if host.startswith(".") and "." not in host.strip(".")]:
        faults.append((f"ALBUMEN_ALLOWED_HOSTS allows every host below {wide[0]}", "Name the hosts that you serve."))
    return faults


def _is_guessable(key: str) -> bool:
    """Return whether a secret key is short, has few different characters, is one text repeated, or a placeholder."""
    repeats = key in (key + key)[1:-1]
    return len(key) < 32 or len(set(key)) < 8 or repeats or _PLACEHOLDER.search(key) is not None


def database(url: str, *, data_dir: Path, threads: int, plans_kept: bool = True) -> dict[str, Any]:
    """Return an entry of DATABASES: PostgreSQL for a URL, SQLite in the data folder for an empty one.

    Raise `ImproperlyConfigured`, without repeating the password, if the URL is wrong. `threads` are those of requests;
    `plans_kept` allows prepared statements.
    """
    if not url:
        return _sqlite(data_dir / "albumen.sqlite3")
    try:
        with warnings.catch_warnings(action="ignore"):
            found = environ.Env.db_url_config(url)
    except ValueError:
        # A slash in the password makes a port of its first part, and the error would repeat that.
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
    # A Unix socket is named as for libpq, postgres://user@/name?host=/run/postgresql, or percent-encoded as the host,
    # which django-environ does not decode.
    host = options.pop("host", "") or unquote(found["HOST"])
    # Each thread of requests may have a connection, so a request waits only for a new one to open: 1.5 seconds at
    # most, so that requests fail soon while the database is away. With a short reconnect_timeout the next request
    # tries again at once, instead of after pauses that double.
    pool = {"min_size": 1, "max_size": threads + SPARE_CONNECTIONS, "timeout": 1.5, "reconnect_timeout": 2}
    return {
        **found,
        "HOST": host,
        # The pool keeps connections open, so Django must not.
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        # After so many runs of a statement of `albumen/compiled_queries.py` PostgreSQL keeps its plan.
        "OPTIONS": {**options, "prepare_threshold": 5 if plans_kept else None, "pool": pool},
    }


def _sqlite(path: Path) -> dict[str, Any]:
    # WAL: readers do not wait for the writer. IMMEDIATE: take the write lock at the start, because a transaction that
    # reads first and then writes fails with "database is locked" instead of waiting. FULL: a committed write survives
    # a power cut.
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
    """Return an entry of STORAGES: an S3 bucket for a URL, the data folder for an empty one. Raise
    `ImproperlyConfigured`, without repeating the secret, if the URL is wrong."""
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
    """Return whether the data folder has a secret key, or this process may write one there.

    Only a command that creates an installation may, and a server whose database exists: any other command could be in
    the wrong folder. `arguments` are `sys.argv`.
    """
    command = arguments[1:] if Path(arguments[0]).name == "manage.py" else []
    if (data_dir / "secret_key").exists() or installation.begins_one(command):
        return True
    return (data_dir / "albumen.sqlite3").exists() if sqlite else command[:1] in ([], ["serve"])


def secret_key(data_dir: Path, *, kept: bool) -> str:
    """Return the secret key of the installation, generated on first use and written with mode 600, or a key for this
    process alone if it is not `kept`. Two processes that start at the same time get the same key."""
    if not kept:
        return secrets.token_urlsafe(48)
    path = data_dir / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = data_dir / f".secret_key.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        # Unlike a rename, a link never replaces the key of a process that was faster.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text()
