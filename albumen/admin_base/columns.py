"""Columns of lists and fields to read: sizes, counts, and links to other rows."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

LINK = "text-primary-600 underline dark:text-primary-500"  # CSS classes of Unfold


def readable(size: int | None) -> str:
    """Return a size in bytes in words: 1,500,000 is `1.5 MB`, and None is `no limit`."""
    if size is None:
        return "no limit"
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"]
    while amount >= 999.95 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f}".removesuffix(".0") + f" {units[0]}"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as "1 picture" or "2 pictures"; `many` is the plural of a noun without an
    s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def page_link(row: models.Model | None, shown: str = "") -> str:
    """Return a link to the page of a row, which shows its name unless HTML is given; "-" for None."""
    if row is None:
        return "-"
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}" class="{}">{}</a>', address, LINK, shown or row)


def linked(lookup: str, description: str = "", *, ordering: str = "") -> Any:
    """Return a column, or a field to read, that leads to the page of the row at a lookup such as `picture__owner`."""
    *way, name = lookup.split("__")

    @display(description=description or name.capitalize(), ordering=ordering or lookup)
    def column(page: ModelAdmin, row: Any) -> str:
        for step in way:
            row = getattr(row, step)
        return page_link(getattr(row, name))

    return column
