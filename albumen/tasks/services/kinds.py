"""What kinds of work there are, and what is done by the clock. The table itself is `settings.TASK_TABLE`, a module
with `KINDS` and `SCHEDULES`: it names handlers of every app, so it stands above all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from albumen.tasks.services.run import Run

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """`handler` does the work, and what it returns is the task's result (JSON). `label` is for people."""

    handler: Callable[[Run], dict[str, Any] | None]
    label: str
    max_attempts: int = MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Schedule:
    """Starts a task of this kind once in every period; periods are counted from 1970 in UTC."""

    name: str
    kind: str
    every: timedelta

    def slot_at(self, now: datetime) -> datetime:
        """The beginning of the period that `now` lies in."""
        seconds = int(self.every.total_seconds())
        return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def kinds() -> dict[str, Kind]:
    """Every kind, by its name."""
    table: dict[str, Kind] = import_module(settings.TASK_TABLE).KINDS
    return table


def schedules() -> list[Schedule]:
    """All work that is done by the clock."""
    table: list[Schedule] = import_module(settings.TASK_TABLE).SCHEDULES
    return table


def label_of(kind: str) -> str:
    """The name of a kind for people; the kind itself when the table has lost it."""
    known = kinds().get(kind)
    return known.label if known else kind
