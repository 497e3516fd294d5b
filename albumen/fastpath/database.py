"""The database as the fast reads use it: statements that are compiled once, on a connection that each thread keeps.

Django's own connections cost more than these reads: they are looked up, checked and given back for each request, and
they refuse to work in the thread of an event loop.
"""

import itertools
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8BinaryLoader

from albumen.compiled_queries import Build, Value, compile_rows

# One row as it comes from the database, which can be a key of a dictionary: a tuple on PostgreSQL, and on SQLite the
# text of a JSON array. Equal rows have equal keys. `values_of` returns the row's values.
Key = Any
_thread = threading.local()


# What one request asks of SQLite is given up after MOST_TURNS times TURN steps of its machine: 20 milliseconds or so.
TURN, MOST_TURNS = 10_000, 10


class DatabaseAway(Exception):
    """The database did not give an answer. The ordinary way is to try again, and to say what is wrong."""


class TooMuch(DatabaseAway):
    """The answer takes so long that the event loop would keep everybody waiting: it is left to a thread."""


# PostgreSQL's types of parameters; of others it finds them by itself.
_TYPES = {bool: 16, int: 20}
# How long nobody tries to connect after a failure: requests would wait here, and then again the ordinary way.
PAUSE_SECONDS = 2.0
_numbers = itertools.count()
_away_until = 0.0
_database: Any = settings.DATABASES[DEFAULT_DB_ALIAS]
is_sqlite = _database["ENGINE"].endswith("sqlite3")
keeps_plans = _database.get("OPTIONS", {}).get("prepare_threshold") is not None


def begin() -> object:
    """Begin to count what one request asks of SQLite, and return what stays equal while nobody writes into it, whoever
    it is and however they do it. Raise `DatabaseAway`.

    SQLite promises it for the writes of other connections, and this one writes nothing. Another connection may have
    the same number for other content (https://www.sqlite.org/pragma.html#pragma_data_version).
    """
    _thread.turns = 0
    return _execute_on_sqlite("PRAGMA data_version", ()), _connection()


class Read:
    """A list: at most `limit` rows of `build(*variant, *values)`, a QuerySet of `values_list`.

    It is compiled at its first use, and then never again. Neither times nor JSON of SQLite are converted: they come as
    text.
    """

    def __init__(self, build: Build, *variant: Any, limit: int) -> None:
        self._build, self._variant, self._limit = build, variant, limit
        self._statement: Any = None
        self._name = b"%d" % next(_numbers)
        self._sql = ""
        self._run: Callable[[Sequence[Any]], list[Key]]

    def keys(self, *values: Value) -> list[Key]:
        """Return a key for each row. Raise `DatabaseAway`, and `TooMuch` where that takes long."""
        if self._statement is None:
            self._compile(values)
        return self._run(self._statement.bind(values))

    def rows(self, *values: Value) -> list[Sequence[Any]]:
        """Return the values of each row. Raise `DatabaseAway`."""
        return all_values_of(self.keys(*values))

    def first(self, *values: Value) -> Sequence[Any] | None:
        """Return the values of the first row, None if there is no row. Raise `DatabaseAway`."""
        return next(iter(self.rows(*values)), None)

    def _compile(self, values: Sequence[Value]) -> None:
        statement = compile_rows(self._build, *self._variant, values=values)
        if is_sqlite:
            # All rows in one step: SQLite's module gives Python's lock away at each step, and a busy thread keeps it
            # for a while. Line feeds are escaped in JSON, so they can stand between the rows.
            names = ", ".join(f'"{name}"' for name in statement.names)
            rows = f"{statement.sql.replace('%s', '?')} LIMIT {self._limit}"
            self._sql = f"SELECT group_concat(json_array({names}), char(10)) FROM ({rows})"  # noqa: S608 - Django's text
            self._run = self._run_on_sqlite
        else:
            # A constant: with a parameter PostgreSQL would plan for a part of all rows.
            self._sql = f"{statement.numbered} LIMIT {self._limit}"
            self._run = self._run_on_postgresql
        self._statement = statement

    def _run_on_sqlite(self, parameters: Sequence[Any]) -> list[Key]:
        text: str | None = _execute_on_sqlite(self._sql, parameters)
        return text.split("\n") if text else []

    def _run_on_postgresql(self, parameters: Sequence[Any]) -> list[Key]:
        # As libpq does it: a cursor of psycopg's takes as long again as all that it does for this.
        types = [_TYPES.get(type(value), 0) for value in parameters]
        texts = [None if value is None else str(value).encode() for value in parameters]
        try:
            connection = _connection()
            pgconn = connection.pgconn
            if not keeps_plans:
                result = pgconn.exec_params(self._sql.encode(), texts, types, None, Format.BINARY)
            else:
                name = self._name
                if name not in _thread.prepared:
                    _checked(pgconn.prepare(name, self._sql.encode(), types))
                    _thread.prepared.add(name)
                result = pgconn.exec_prepared(name, texts, None, Format.BINARY)
            rows = Transformer(connection)
            rows.set_pgresult(_checked(result))
            return rows.load_rows(0, result.ntuples, tuple)
        except psycopg.Error as error:
            raise _away() from error


def _checked(result: PGresult) -> PGresult:
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise psycopg.errors.error_from_result(result)
    return result


def _execute_on_sqlite(sql: str, parameters: Sequence[Any]) -> Any:
    """Return the only value of the only row."""
    try:
        return _connection().execute(sql, parameters).fetchone()[0]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise TooMuch from error
        raise _away() from error


def all_values_of(keys: list[Key]) -> list[Sequence[Any]]:
    """Return the values of each of these rows."""
    rows: list[Sequence[Any]] = orjson.loads(f"[{','.join(keys)}]") if is_sqlite else keys
    return rows


def values_of(key: Key) -> Sequence[Any]:
    """Return the values of a row."""
    values: Sequence[Any] = orjson.loads(key) if isinstance(key, str) else key
    return values


def _connection() -> Any:
    """Return this thread's connection, a new one if there is none to this database."""
    name = _database["NAME"]
    if getattr(_thread, "name", None) is not name:
        _thread.connection = _on_sqlite(name) if is_sqlite else _on_postgresql()
        _thread.name = name
    return _thread.connection


def close() -> None:
    """Close this thread's connection."""
    if vars(_thread).pop("name", None) is not None:
        _thread.connection.close()


def _away() -> DatabaseAway:
    close()
    return DatabaseAway()


def _on_sqlite(name: Any) -> sqlite3.Connection:
    # A reader never waits for a writer (WAL), and whatever it might wait for is left to the ordinary way.
    connection = sqlite3.connect(name, timeout=0, isolation_level=None, uri=str(name).startswith("file:"))
    connection.set_progress_handler(_is_too_much, TURN)
    connection.execute("PRAGMA query_only=1")
    connection.execute("PRAGMA cache_size=-8000")
    return connection


def _is_too_much() -> bool:
    _thread.turns += 1
    return bool(_thread.turns > MOST_TURNS)


def _on_postgresql() -> "psycopg.Connection[Any]":
    parameters = connections[DEFAULT_DB_ALIAS].get_connection_params()
    parameters = {name: value for name, value in parameters.items() if name not in ("context", "cursor_factory")}
    global _away_until  # noqa: PLW0603 - so that only few threads wait for PostgreSQL
    if time.monotonic() < _away_until:
        raise DatabaseAway
    try:
        # This is the shortest time that libpq knows.
        connection = psycopg.connect(**{"connect_timeout": 2, **parameters}, autocommit=True)
    except psycopg.Error:
        _away_until = time.monotonic() + PAUSE_SECONDS
        raise
    # Microseconds are compared in less time than objects.
    connection.adapters.register_loader("timestamptz", Int8BinaryLoader)
    _thread.prepared = set()
    if keeps_plans:
        # PostgreSQL would make one for the fifty ids of a page each time, which takes six times as long as to run it.
        connection.execute("SET plan_cache_mode = force_generic_plan")
    return connection
