"""Filters of lists by conditions."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
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
