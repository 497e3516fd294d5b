"""The state of background work as a whole: which workers live, how many tasks wait, and for how long."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from albumen.tasks.models import Status, Task, Worker

HEARTBEAT = timedelta(seconds=10)
# A worker that has missed several heartbeats is dead, or cannot reach the database.
ALIVE = timedelta(seconds=45)
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting` and `running` count tasks, `workers` live processes; the task that is due first has waited for
    `oldest`."""

    waiting: int
    running: int
    oldest: timedelta
    workers: int


def heartbeat(*, now: datetime) -> None:
    """Note that this worker process is alive, every ten seconds at most."""
    name = f"{socket.gethostname()[:150]}-{os.getpid()}"
    if Worker.objects.filter(name=name, seen_at__gt=now - HEARTBEAT).exists():
        return
    Worker.objects.update_or_create(name=name, defaults={"seen_at": now})
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


def look_at_queue(*, now: datetime) -> Queue:
    """Return how the queue stands, by two queries over small indexes."""
    due = Q(status=Status.QUEUED, not_before__lte=now)
    found = Task.objects.open().aggregate(
        waiting=Count("pk", filter=due),
        running=Count("pk", filter=Q(status=Status.RUNNING)),
        first=Min("not_before", filter=due),
    )
    return Queue(
        waiting=found["waiting"],
        running=found["running"],
        oldest=now - (found["first"] or now),
        workers=Worker.objects.filter(seen_at__gt=now - ALIVE).count(),
    )
