"""How background work as a whole goes on: signs of life, and how long it waits."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from albumen.tasks.models import Status, Task, Worker

SIGN = timedelta(seconds=10)
# A worker that has missed several signs is dead, or cannot reach the database.
ALIVE = timedelta(seconds=45)
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """`oldest` is how long the task that is due first has waited."""

    waiting: int
    running: int
    oldest: timedelta
    workers: int


def heartbeat(*, now: datetime) -> bool:
    """This process works; False where it said so moments ago."""
    name = f"{socket.gethostname()[:150]}-{os.getpid()}"
    if Worker.objects.filter(name=name, seen_at__gt=now - SIGN).exists():
        return False
    Worker.objects.update_or_create(name=name, defaults={"seen_at": now})
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    return True


def look_at_queue(*, now: datetime) -> Queue:
    """Two queries over small indexes."""
    due = Q(status=Status.QUEUED, not_before__lte=now)
    open_ = Task.objects.filter(status__in=(Status.QUEUED, Status.RUNNING)).aggregate(
        waiting=Count("pk", filter=due),
        running=Count("pk", filter=Q(status=Status.RUNNING)),
        first=Min("not_before", filter=due),
    )
    return Queue(
        waiting=open_["waiting"],
        running=open_["running"],
        oldest=now - (open_["first"] or now),
        workers=Worker.objects.filter(seen_at__gt=now - ALIVE).count(),
    )
