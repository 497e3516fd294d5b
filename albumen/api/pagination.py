"""Keyset pagination on (field, id), so that every page costs what the first one costs; unknown parameters are refused.

A view has `ordering_fields` (names), its default `ordering`, and optionally `query_class`, a serializer of its
filters with `filter_queryset(queryset, viewer)`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import starmap
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from django.core.signing import BadSignature, Signer
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.compiled_queries import Build, CompiledQuery, Value, fetch_objects, fetch_rows
from albumen.errors import Invalid
from albumen.keys import derive_key
from albumen.querying import asks_filter, require_known_parameters
from albumen.sentences import Sentence

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
# Names are ordered as people sort them.
SORT_KEYS = {"name": "name_key", "first_name": "first_name_key", "last_name": "last_name_key"}


class Cursor(NamedTuple):
    """A place in a list: the row's value in the column that the list is ordered by, and its id."""

    backwards: bool
    value: Value
    row_id: int

    def signed_by(self, signer: Signer) -> str:
        """Return the text of the parameter `cursor`."""
        value: Any = self.value
        if isinstance(value, datetime):
            value = {"t": value.replace(tzinfo=value.tzinfo or UTC).isoformat()}
        return signer.sign_object([self.backwards, value, self.row_id])


class KeysetPagination(BasePagination):
    """Paginate lists as `{"next": url|null, "previous": url|null, "results": [...]}`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the page of a QuerySet, or of a `CompiledQuery`, which is built each time when a filter is requested.

        Raises Invalid for an unknown parameter, ordering, page size or cursor.
        """
        params = request.query_params
        require_known_parameters(params, _known_parameters(view))
        fetch: Callable[..., list[Any]]
        if not isinstance(queryset, CompiledQuery):
            fetch = partial(_fetch, _filtered(queryset, request, view))
        elif not asks_filter(getattr(view, "query_class", None), params):
            fetch = partial(_fetch_compiled, queryset)
        else:
            fetch = partial(_fetch, _filtered(queryset.plain(), request, view), make=queryset.make)
        size = _page_size(params)
        self._request = request
        field, descending = _ordering(params, view)
        self._signer = _signer(request, view, field)
        cursor = self._read_cursor(params.get("cursor"))
        backwards = cursor is not None and cursor.backwards
        rows = fetch(field, descending != backwards, cursor, size + 1)
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        following = Cursor(False, getattr(rows[-1], field), rows[-1].id) if rows and (more or backwards) else None
        preceding = (
            Cursor(True, getattr(rows[0], field), rows[0].id) if rows and cursor and (more or not backwards) else None
        )
        if cursor and not rows:
            # The rows beyond the cursor were deleted: link back to a page that begins with the cursor's own row.
            back = Cursor(not backwards, cursor.value, cursor.row_id + (1 if descending == backwards else -1))
            following, preceding = (back, None) if backwards else (None, back)
        self._next, self._previous = self._url(following), self._url(preceding)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "previous": self._previous, "results": data})

    def _url(self, cursor: Cursor | None) -> str | None:
        if cursor is None:
            return None
        params = self._request.query_params.dict() | {"cursor": cursor.signed_by(self._signer)}
        return self._request.build_absolute_uri(f"{self._request._request.path}?{urlencode(params)}")

    def _read_cursor(self, cursor: str | None) -> Cursor | None:
        if cursor is None:
            return None
        try:
            backwards, value, row_id = self._signer.unsign_object(cursor)
        except BadSignature:
            raise Invalid("invalid_cursor", pointer="/cursor") from None
        if isinstance(value, dict):
            value = datetime.fromisoformat(value["t"])
        return Cursor(backwards, value, row_id)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        known = [name for field in view.ordering_fields for name in (field, f"-{field}")]
        return [
            _parameter("cursor", {"type": "string"}, "From `next` or `previous`; opaque."),
            _parameter("page_size", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}),
            # Without a `default`, which generators for Kotlin would name otherwise than they name the choices.
            _parameter("ordering", {"type": "string", "enum": known, **_named(known)}, f"Else `{view.ordering}`."),
        ]


def _filtered(queryset: QuerySet[Any], request: Request, view: Any) -> QuerySet[Any]:
    query_class = getattr(view, "query_class", None)
    if query_class is None:
        return queryset
    query = query_class(data=request.query_params.dict(), context={"view": view})
    query.is_valid(raise_exception=True)
    filtered: QuerySet[Any] = query.filter_queryset(queryset, request.user)
    return filtered


def _page_size(params: QueryDict) -> int:
    text = params.get("page_size", str(PAGE_SIZE))
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise Invalid("invalid", Sentence("A page has 1 to %(most)s rows.", most=MAX_PAGE_SIZE), pointer="/page_size")
    return int(text)


def _ordering(params: QueryDict, view: Any) -> tuple[str, bool]:
    """Return the column to order by, and whether in descending order."""
    wanted = params.get("ordering", view.ordering)
    field = wanted.removeprefix("-")
    if field not in view.ordering_fields:
        known = ", ".join(view.ordering_fields)
        detail = Sentence("Order by one of %(known)s, with a leading - to reverse.", known=known)
        raise Invalid("unknown_ordering", detail, pointer="/ordering")
    return SORT_KEYS.get(field, field), wanted.startswith("-")


def _known_parameters(view: Any) -> set[str]:
    query_class = getattr(view, "query_class", None)
    return {"cursor", "page_size", "ordering", *(query_class._declared_fields if query_class else ())}


def _named(orderings: list[str]) -> dict[str, Any]:
    """Return names for generated code: they cannot contain `-`, and in Kotlin a choice cannot be called `name`."""
    suffixes = {True: "_DESCENDING", False: "_ASCENDING"}
    return {"x-enum-varnames": [o.removeprefix("-").upper() + suffixes[o.startswith("-")] for o in orderings]}


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _fetch(
    queryset: QuerySet[Any],
    field: str,
    descending: bool,
    cursor: Cursor | None,
    limit: int,
    make: Callable[..., Any] | None = None,
) -> list[Any]:
    found = _window(queryset, field, descending, cursor)[:limit]
    return list(starmap(make, found) if make else found)


def _fetch_compiled(
    query: CompiledQuery[Any], field: str, descending: bool, cursor: Cursor | None, limit: int
) -> list[Any]:
    place = () if cursor is None else (None if field == "id" else cursor.value, cursor.row_id)
    variant, values = (query.build, query.variant, field, descending, cursor is None), (*place, *query.values)
    if query.make is None:
        return list(fetch_objects(compiled_window, *variant, values=values, limit=limit))
    return list(starmap(query.make, fetch_rows(compiled_window, *variant, values=values, limit=limit)))


def compiled_window(
    build: Build, variant: tuple[Any, ...], field: str, descending: bool, first: bool, *values: Any
) -> QuerySet[Any, Any]:
    if first:
        return _window(build(*variant, *values), field, descending, None)
    value, row_id, *rest = values
    return _window(build(*variant, *rest), field, descending, Cursor(False, value, row_id))


def _window(queryset: QuerySet[Any], field: str, descending: bool, cursor: Cursor | None) -> QuerySet[Any]:
    """Return the rows after the cursor in this direction; nulls come last in ascending order, first in descending."""
    if cursor is not None:
        _, value, row_id = cursor
        step = "lt" if descending else "gt"
        same = Q(**{field: value}) if value is not None else Q(**{f"{field}__isnull": True})
        if field == "id":
            beyond = Q(**{f"id__{step}": row_id})
        elif value is None:
            # Ascending, nothing follows the nulls; descending, every value does.
            beyond = same & Q(**{f"id__{step}": row_id})
            if descending:
                beyond |= Q(**{f"{field}__isnull": False})
        else:
            # The first condition alone is what lets an index find the place.
            beyond = Q(**{f"{field}__{step}e": value}) & (
                Q(**{f"{field}__{step}": value}) | (same & Q(**{f"id__{step}": row_id}))
            )
            if not descending and _nullable(queryset, field):
                beyond |= Q(**{f"{field}__isnull": True})
        queryset = queryset.filter(beyond)
    if field == "id":
        return queryset.order_by("-id" if descending else "id")
    nullable = _nullable(queryset, field)
    if descending:
        return queryset.order_by(F(field).desc(nulls_first=True) if nullable else f"-{field}", "-id")
    return queryset.order_by(F(field).asc(nulls_last=True) if nullable else field, "id")


def _nullable(queryset: QuerySet[Any], field: str) -> bool:
    # Annotations are never null here.
    return field not in queryset.query.annotations and queryset.model._meta.get_field(field).null


def next_page(url: str, view: str, kwargs: dict[str, int], field: str, value: Value, row_id: int) -> str:
    """Return the URL of the second page of a list whose first page was requested at `url` without any parameter.

    `view` is the name of its class. The first page ends with the row `row_id`, which has this value in the column.
    """
    signed = Cursor(False, value, row_id).signed_by(_signer_of(view, kwargs, {}, field))
    return f"{url}?{urlencode({'cursor': signed})}"


def _signer(request: Request, view: Any, field: str) -> Signer:
    params = {name: value for name, value in request.query_params.items() if name not in ("cursor", "page_size")}
    return _signer_of(type(view).__name__, view.kwargs, params, field)


def _signer_of(view: str, kwargs: Any, params: dict[str, Any], field: str) -> Signer:
    """Return what signs the cursors of one list, with one set of filters, ordered by this column, and of no other."""
    salt = orjson.dumps([view, kwargs, params, field], option=orjson.OPT_SORT_KEYS)
    # With a `.`, which stays as it is in a URL.
    return Signer(key=derive_key("cursor").hex(), sep=".", salt=salt.decode())
