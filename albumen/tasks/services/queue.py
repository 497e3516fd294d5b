"""The state of background work as a whole: how many workers are alive, and how many tasks wait, for how long."""

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
class QueueState:
    """`waiting` counts the tasks that are due, `running` those that run, and `workers` the processes that are alive.
    `longest_wait` is how long ago the task that waits longest became due; zero when none waits."""

    waiting: int
    running: int
    longest_wait: timedelta
    workers: int


def heartbeat(*, now: datetime) -> None:
    """Write that this worker process is alive, once in ten seconds."""
    name = f"{socket.gethostname()[:150]}-{os.getpid()}"
    if Worker.objects.filter(name=name, seen_at__gt=now - HEARTBEAT).exists():
        return
    Worker.objects.update_or_create(name=name, defaults={"seen_at": now})
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN).delete()


def read_queue_state(*, now: datetime) -> QueueState:
    """Return the state of the queue, by two queries that read small indexes."""
    due = Q(status=Status.QUEUED, not_before__lte=now)
    found = Task.objects.open().aggregate(
        waiting=Count("pk", filter=due),
        running=Count("pk", filter=Q(status=Status.RUNNING)),
        first=Min("not_before", filter=due),
    )
    return QueueState(
        waiting=found["waiting"],
        running=found["running"],
        longest_wait=now - (found["first"] or now),
        workers=Worker.objects.filter(seen_at__gt=now - ALIVE).count(),
    )


def count_failed(*, since: datetime) -> int:
    """Return how many tasks have ended in failure since then."""
    return Task.objects.filter(status=Status.FAILED, finished_at__gte=since).count()
