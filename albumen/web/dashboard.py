"""The first page of the admin panel: how much there is, what comes in, and what needs somebody."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from albumen import __version__
from albumen.admin_base import counted, readable
from albumen.library import access
from albumen.operations.doctor import LOW_SPACE
from albumen.operations.readiness import free_space
from albumen.storage import DiskStorage, storage
from albumen.tasks.services.queue import count_failed, read_queue_state

DAYS = 30
WEEK = timedelta(days=7)
ENTRIES = 6  # of the history
FEW_DAYS, MANY_DAYS = 14, 3650
BACKUP_NOTE = "last_backup"  # in the data folder: the commands of docs/operations.md touch it


@dataclass(frozen=True, slots=True)
class Card:
    """One figure, with the page that it leads to. `alarm` asks for somebody to look."""

    title: str
    icon: str
    value: str
    detail: str
    url: str = ""
    alarm: bool = False


VERSION = Card("Albumen", "info", __version__, "All times in this panel are in UTC")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the page."""
    now = timezone.now()
    uploads = access.uploads_by_day(request.user, days=DAYS, now=now)
    total = sum(uploads.values())
    busiest = max(uploads, key=lambda day: uploads[day])
    said = f"{counted(total, 'picture')} in {DAYS} days, most on {busiest:%Y-%m-%d}: {uploads[busiest]:,}."
    dataset = {"label": "Pictures", "data": list(uploads.values()), "backgroundColor": "var(--color-primary-600)"}
    chart = {"labels": [f"{day:%d %b}" for day in uploads], "datasets": [{**dataset, "displayYAxis": True}]}
    return {
        **context,
        "title": "Overview",
        "cards": [*_contents(request, now), *_space(request, now), *_work(now), _backup(now), VERSION],
        "entries": LogEntry.objects.select_related("user", "content_type").order_by("-pk")[:ENTRIES],
        "chart": json.dumps(chart) if total else "",
        "chart_text": said if total else f"Nobody has uploaded a picture in the last {DAYS} days.",
    }


def _contents(request: HttpRequest, now: datetime) -> list[Card]:
    there = access.totals(request.user, since=now - timedelta(days=DAYS))
    users, pictures = (reverse(f"admin:{name}_changelist") for name in ("accounts_user", "library_picture"))
    trashed = f"{there.trashed:,} of them in the trash" if there.trashed else "None of them is in the trash"
    return [
        Card("Users", "group", f"{there.users:,}", f"{there.new_users:,} new in {DAYS} days", users),
        Card("Pictures", "image", f"{there.pictures:,}", trashed, pictures),
        Card("Originals", "database", readable(there.bytes), "as they count on quotas", f"{users}?o=-5"),
    ]


def _space(request: HttpRequest, now: datetime) -> list[Card]:
    free = int(free_space()["free_bytes"])
    value, few = f"{readable(free)} free", free < LOW_SPACE
    if not isinstance(storage(), DiskStorage):
        return [Card("Disk", "hard_drive", value, "Pictures are in a bucket", alarm=few)]
    rate = access.bytes_since(request.user, now - WEEK) // WEEK.days
    if not rate:
        return [Card("Disk", "hard_drive", value, "Next to nothing came in 7 days", alarm=few)]
    left = free // rate
    days = f"{counted(left, 'day')} left" if left < MANY_DAYS else "Years left"
    detail = f"{days} at {readable(rate)} of originals a day, as in the last 7"
    return [Card("Disk", "hard_drive", value, detail, alarm=few or left < FEW_DAYS)]


def _work(now: datetime) -> list[Card]:
    queue, failed = read_queue_state(now=now), count_failed(since=now - WEEK)
    tasks = reverse("admin:tasks_task_changelist")
    workers = f"{counted(queue.workers, 'worker')}, {queue.running:,} at work" if queue.workers else "No worker runs"
    wait = f"; the oldest for {timesince(now - queue.longest_wait, now)}" if queue.waiting else ""
    return [
        Card(
            "Tasks waiting",
            "hourglass_empty",
            f"{queue.waiting:,}",
            workers + wait,
            f"{tasks}?status__exact=queued",
            alarm=not queue.workers,
        ),
        Card("Tasks failed", "error", f"{failed:,}", "in 7 days", f"{tasks}?status__exact=failed", alarm=failed > 0),
    ]


def _backup(now: datetime) -> Card:
    try:
        noted = (Path(settings.DATA_DIR) / BACKUP_NOTE).stat().st_mtime
    except OSError:
        detail = "The backup commands in docs/operations.md note when they ran"
        return Card("Last backup", "backup", "None noted", detail, alarm=True)
    at = datetime.fromtimestamp(noted, UTC)
    ago = f"{timesince(at, now, depth=1)} ago"
    return Card("Last backup", "backup", ago, f"{at:%Y-%m-%d %H:%M} UTC", alarm=now - at > WEEK)
