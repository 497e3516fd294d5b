"""Filters of lists by conditions and by days."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

Condition = models.Q | Callable[[datetime], models.Q]


def filter_by(
    title: str, parameter: str, options: Mapping[str, tuple[str, Condition]]
) -> type[admin.SimpleListFilter]:
    """Return a filter of a list. An option is a label and the condition of its rows, or a function of the present time
    that returns the condition."""

    class Filter(admin.SimpleListFilter):
        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(value, label) for value, (label, _) in options.items()]

        def queryset(self, request: HttpRequest, queryset: Any) -> Any:
            _, condition = options.get(self.value() or "", ("", models.Q()))
            return queryset.filter(condition if isinstance(condition, models.Q) else condition(timezone.now()))

    Filter.title, Filter.parameter_name = title, parameter
    return Filter


class DayFilter(admin.FieldListFilter):
    """A filter by days in UTC, from one to another, both included. Every field of times in a `list_filter` has it."""

    template = "admin/days.html"

    def expected_parameters(self) -> list[str | None]:
        return [f"{self.field_path}_from", f"{self.field_path}_to"]

    @property
    def first(self) -> str:
        """The first day as it was typed, or an empty string."""
        return self._typed("from")

    @property
    def last(self) -> str:
        """The last day as it was typed, or an empty string."""
        return self._typed("to")

    def _typed(self, end: str) -> str:
        typed = cast("list[str]", self.used_parameters.get(f"{self.field_path}_{end}", [""]))
        return typed[-1]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        try:
            if self.first:
                queryset = queryset.filter(**{f"{self.field_path}__gte": _begin(self.first)})
            if self.last:
                queryset = queryset.filter(**{f"{self.field_path}__lt": _begin(self.last) + timedelta(days=1)})
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from None
        return queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, last = self.expected_parameters()
        # The form sends its two days; these keep the other filters, the search and the order.
        others = [(name, values) for name, values in changelist.filter_params.items() if name not in (first, last)]
        self.kept = [(name, value) for name, values in others for value in values]
        today = timezone.now().astimezone(UTC).date()
        for label, days in (("Any day", None), ("Today", 0), ("Last 7 days", 6), ("Last 30 days", 29)):
            begin = "" if days is None else str(today - timedelta(days=days))
            link = changelist.get_query_string({first: begin or None}, [last])
            yield {"selected": (self.first, self.last) == (begin, ""), "query_string": link, "display": label}


def _begin(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


admin.FieldListFilter.register(lambda field: isinstance(field, models.DateTimeField), DayFilter, take_priority=True)
