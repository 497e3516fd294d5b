"""Queries that the ORM builds and compiles once, and that then run again with other values.

Building a query costs many times what the database takes to answer it. With this, a rule stays a function that
returns a QuerySet, written once, and a busy request does not pay for building it each time.

The compiled form relies on Django's internals. ALBUMEN_COMPILED_QUERIES=false makes every query here an ordinary
QuerySet with the same rows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import DateTimeField, QuerySet
from django.db.models.query import get_related_populators

Value = int | str | datetime | None
Build = Callable[..., QuerySet[Any, Any]]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class CompiledQuery(Generic[Row]):
    """A list to be paged: what `build(*variant, *values)` finds (see `fetch_rows`).

    With `make` that is a QuerySet of `values_list`, and `make` turns the columns of each row, which are its arguments,
    into a `Row`. Without, these are model instances.
    """

    build: Build
    values: tuple[Value, ...] = ()
    make: Callable[..., Row] | None = None
    variant: tuple[Any, ...] = ()

    def plain(self) -> QuerySet[Any, Any]:
        """Return the QuerySet, to be filtered."""
        return self.build(*self.variant, *self.values)


def fetch_rows(
    build: Build, *variant: Any, values: Sequence[Value], limit: int | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of `build(*variant, *values)`, a QuerySet of `values_list`; at most `limit` of them.

    When a statement is compiled, `build` gets the variant as it is and a placeholder for each value. Each variant has
    a statement of its own, so whatever changes the statement is part of the variant, and there must be few variants.
    SQLite's times come without a zone, and are UTC.
    """
    if not settings.COMPILED_QUERIES:
        return list(build(*variant, *values)[:limit])
    return _statement(build, variant, values, limit).rows(values, limit)


def fetch_objects(build: Build, *variant: Any, values: Sequence[Value], limit: int | None = None) -> Iterator[Any]:
    """Return the model instances of `build(*variant, *values)`, with the related ones that it selects and with its
    annotations; at most `limit` of them. `variant` and `values` are those of `fetch_rows`."""
    if not settings.COMPILED_QUERIES:
        return iter(build(*variant, *values)[:limit])
    return _statement(build, variant, values, limit).objects(values, limit)


def _statement(build: Build, variant: tuple[Any, ...], values: Sequence[Value], limit: int | None) -> "Statement":
    connection = connections[DEFAULT_DB_ALIAS]
    # On the connection, which one thread has for itself, and with which its statements end.
    known: dict[Any, Statement] = vars(connection).setdefault("albumen_statements", {})
    key = (build, variant, tuple(map(type, values)), limit is None)
    statement = known.get(key)
    if statement is None:
        placeholders = [_placeholder(number, value) for number, value in enumerate(values)]
        statement = known[key] = Statement(
            connection, build(*variant, *placeholders), placeholders, limited=limit is not None
        )
    return statement


def compile_rows(build: Build, *variant: Any, values: Sequence[Value]) -> "Statement":
    """Return the statement for the rows of `build(*variant, *values)`, a QuerySet of `values_list`.

    It holds for all values of the same types, and can be run on any connection to this database.
    """
    placeholders = [_placeholder(number, value) for number, value in enumerate(values)]
    queryset = build(*variant, *placeholders)
    return Statement(connections[DEFAULT_DB_ALIAS], queryset, placeholders, limited=False)


def _placeholder(number: int, value: Value) -> Value:
    """Return a value of the same type, by which the place of `value` in the statement is found."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return datetime(1001, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return 2_047_483_647 + number if isinstance(value, int) else f"\N{REPLACEMENT CHARACTER}{number}"


def _with_numbers(sql: str) -> str:
    """Return the statement with PostgreSQL's $1, $2 … for its values instead of Django's %s."""
    first, *others = (part.replace("%%", "%") for part in sql.split("%s"))
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, start=1))


class Statement:
    """The SQL of a compiled QuerySet on one connection, and the places of its values in the parameters."""

    def __init__(
        self, connection: Any, queryset: QuerySet[Any, Any], placeholders: list[Value], *, limited: bool
    ) -> None:
        self._connection = connection
        self._compiler: Any = queryset.query.get_compiler(connection=connection)
        sql, parameters = self._compiler.as_sql()
        self.sql = f"{sql} LIMIT %s" if limited else sql
        self.numbered = _with_numbers(self.sql)
        self._parameters = list(parameters)
        places = {
            self._adapted(placeholder): number
            for number, placeholder in enumerate(placeholders)
            if placeholder is not None
        }
        self._places = [(place, places[one]) for place, one in enumerate(parameters) if one in places]
        if {number for _, number in self._places} != set(places.values()):
            raise ValueError("A value does not stand in the statement as it was given: make it part of the variant.")
        self._converters = self._compiler.get_converters([column[0] for column in self._compiler.select])
        # Times are left as they come: to convert them takes SQLite as long as all the rest.
        self._row_converters = {
            place: (converters, column)
            for place, (converters, column) in self._converters.items()
            if not isinstance(column.output_field, DateTimeField)
        }

    def _adapted(self, value: Value) -> Any:
        return self._connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

    def rows(self, values: Sequence[Value], limit: int | None) -> list[tuple[Any, ...]]:
        # Converters expect text. Rows without them come in binary form, which is faster to read.
        rows = self._run(values, limit, binary=not self._row_converters)
        if not self._row_converters:
            return rows
        return [tuple(row) for row in self._compiler.apply_converters(rows, self._row_converters)]

    @property
    def names(self) -> list[str]:
        """Return the names of the columns of a `values_list`."""
        return [name for _, _, name in self._compiler.select]

    def bind(self, values: Sequence[Value]) -> list[Any]:
        """Return the parameters of the statement with these values."""
        parameters = self._parameters.copy()
        for place, number in self._places:
            value = values[number]
            if type(value) is not int:
                parameters[place] = self._adapted(value)
            else:
                # PostgreSQL's driver tells widths of numbers apart by a type for each.
                kind = type(parameters[place])
                parameters[place] = value if kind is int else kind(value)
        return parameters

    def _run(self, values: Sequence[Value], limit: int | None, *, binary: bool) -> list[tuple[Any, ...]]:
        parameters = self.bind(values)
        if limit is not None:
            parameters.append(limit)
        connection = self._connection
        if connection.vendor == "postgresql" and not (connection.queries_logged or connection.execute_wrappers):
            return self._run_apart(parameters, binary=binary)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def _run_apart(self, parameters: list[Any], *, binary: bool) -> list[tuple[Any, ...]]:
        """Return the rows, with the values bound by PostgreSQL, which then keeps the plan after a few runs.

        Django's cursors write the values into the statement's text instead.
        """
        from psycopg import RawCursor
        from psycopg.errors import FeatureNotSupported

        self._connection.ensure_connection()
        self._connection.validate_no_broken_transaction()
        with self._connection.wrap_database_errors, RawCursor(self._connection.connection) as cursor:
            if self._connection.in_atomic_block:
                # Without a kept plan: inside a transaction, a plan that no longer fits could not be tried again.
                cursor.execute(self.numbered, parameters, prepare=False, binary=binary)
                return cursor.fetchall()
            try:
                cursor.execute(self.numbered, parameters, binary=binary)
            except FeatureNotSupported:
                # A migration has given a column another type, and the plan gives the old one.
                cursor.execute("DEALLOCATE ALL")
                cursor.execute(self.numbered, parameters, binary=binary)
            return cursor.fetchall()

    def objects(self, values: Sequence[Value], limit: int | None) -> Iterator[Any]:
        """Return model instances, made as Django's `ModelIterable` makes them."""
        model, names, own, related, annotations = self._model
        rows = self._run(values, limit, binary=False)
        for row in self._compiler.apply_converters(rows, self._converters):
            made = model.from_db(self._connection.alias, names, row[own])
            for populator in related:
                populator.populate(row, made)
            for name, place in annotations.items():
                setattr(made, name, row[place])
            yield made

    @cached_property
    def _model(self) -> tuple[Any, list[str], slice, list[Any], dict[str, int]]:
        """The model, the names and the place of its columns, what fills related objects, and the annotations."""
        select, info = self._compiler.select, self._compiler.klass_info
        own = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        names = [column[0].target.attname for column in select[own]]
        related = get_related_populators(info, select, self._connection.alias)  # type: ignore[call-arg]  # stubs of 6.1
        return info["model"], names, own, related, self._compiler.annotation_col_map
