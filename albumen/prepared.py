"""Queries that the ORM builds and compiles once, and that are then run again with other values.

To build a query costs many times what the database takes to answer it. So a rule stays a function that gives a
QuerySet, written once, and a busy request does not pay for it each time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

Value = int | str | datetime | None
Build = Callable[..., QuerySet[Any, Any]]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Row]):
    """A list to be paged: the rows of `build(*values)`, each handed to `make`."""

    build: Build
    values: tuple[Value, ...]
    make: Callable[[Sequence[Any]], Row]


def fetch_rows(build: Build, *shape: Any, values: Sequence[Value], limit: int | None = None) -> list[tuple[Any, ...]]:
    """The rows of `build(*shape, *values)`, which gives a QuerySet of `values_list`; at most `limit`.

    They come as the database has them, in the order of the columns: a time of SQLite's has no zone, and is UTC.
    `build` sees the shape, but never a value: where one stands in the statement it gets a mark instead. Whatever
    else changes the statement is part of the shape, of which there must be few.
    """
    return _statement(build, shape, values, limit).run(values, limit)


def fetch_objects(build: Build, *shape: Any, values: Sequence[Value]) -> Iterator[Any]:
    """The same for a QuerySet of model instances, with what it names in `select_related`."""
    statement = _statement(build, shape, values, None)
    return statement.as_objects(statement.run(values, None, for_objects=True))


def _statement(build: Build, shape: tuple[Any, ...], values: Sequence[Value], limit: int | None) -> "_Statement":
    connection = connections[DEFAULT_DB_ALIAS]
    # On the connection, which one thread has for itself, and with which its statements end.
    known: dict[Any, _Statement] = vars(connection).setdefault("albumen_statements", {})
    key = (build, shape, tuple(map(type, values)), limit is None)
    statement = known.get(key)
    if statement is None:
        marks = [_mark(number, value) for number, value in enumerate(values)]
        statement = known[key] = _Statement(connection, build(*shape, *marks), marks, limited=limit is not None)
    return statement


def _mark(number: int, value: Value) -> Value:
    """A value of the same type that stands in no statement by itself."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return datetime(1001, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return 2_047_483_647 + number if isinstance(value, int) else f"\N{REPLACEMENT CHARACTER}{number}"


def _with_numbers(sql: str) -> str:
    """The statement with $1, $2 for its values, as PostgreSQL has them, instead of Django's %s."""
    first, *others = (part.replace("%%", "%") for part in sql.split("%s"))
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, start=1))


class _Statement:
    def __init__(self, connection: Any, queryset: QuerySet[Any, Any], marks: list[Value], *, limited: bool) -> None:
        self._connection = connection
        self._compiler: Any = queryset.query.get_compiler(connection=connection)
        sql, parameters = self._compiler.as_sql()
        self._sql = f"{sql} LIMIT %s" if limited else sql
        self._numbered = _with_numbers(self._sql)
        self._parameters = list(parameters)
        places = {self._adapted(mark): number for number, mark in enumerate(marks) if mark is not None}
        self._places = [(place, places[one]) for place, one in enumerate(parameters) if one in places]
        if {number for _, number in self._places} != set(places.values()):
            raise ValueError("A value does not stand in the statement as it was given: make it part of the shape.")
        if self._compiler.klass_info:
            self._prepare_objects()

    def _prepare_objects(self) -> None:
        select, shape = self._compiler.select, self._compiler.klass_info
        self._model, fields = shape["model"], shape["select_fields"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._names = [column[0].target.attname for column in select[self._own]]
        self._related = get_related_populators(shape, select, self._connection.alias)  # type: ignore[call-arg]  # stubs of 6.1
        self._converters = self._compiler.get_converters([column[0] for column in select])

    def _adapted(self, value: Value) -> Any:
        return self._connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

    def run(self, values: Sequence[Value], limit: int | None, *, for_objects: bool = False) -> list[tuple[Any, ...]]:
        parameters = self._parameters.copy()
        for place, number in self._places:
            value = self._adapted(values[number])
            # PostgreSQL's driver tells widths of numbers apart by a type for each.
            parameters[place] = type(parameters[place])(value) if isinstance(value, int) else value
        if limit is not None:
            parameters.append(limit)
        connection = self._connection
        if connection.vendor == "postgresql" and not (connection.queries_logged or connection.execute_wrappers):
            return self._run_apart(parameters, binary=not for_objects)
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def _run_apart(self, parameters: list[Any], *, binary: bool) -> list[tuple[Any, ...]]:
        """The statement and its values, each by itself, and rows in binary: Django's cursors write the values into the
        text of each statement, and read each time from text. Objects come as text, for Django's own converters expect
        that. After a few times the database keeps the plan."""
        from psycopg import RawCursor
        from psycopg.errors import FeatureNotSupported

        self._connection.ensure_connection()
        self._connection.validate_no_broken_transaction()
        with self._connection.wrap_database_errors, RawCursor(self._connection.connection) as cursor:
            if self._connection.in_atomic_block:
                # Without a kept plan, for it would be too late to ask again here.
                cursor.execute(self._numbered, parameters, prepare=False, binary=binary)
                return cursor.fetchall()
            try:
                cursor.execute(self._numbered, parameters, binary=binary)
            except FeatureNotSupported:
                # A migration has given a column another type, and the plan gives the old one.
                cursor.execute("DEALLOCATE ALL")
                cursor.execute(self._numbered, parameters, binary=binary)
            return cursor.fetchall()

    def as_objects(self, rows: Any) -> Iterator[Any]:
        """As Django's own `ModelIterable` makes them."""
        for row in self._compiler.apply_converters(rows, self._converters):
            made = self._model.from_db(self._connection.alias, self._names, row[self._own])
            for populator in self._related:
                populator.populate(row, made)
            yield made
