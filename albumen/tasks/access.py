"""Who may see which task."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Count, Min, QuerySet

from albumen.errors import LimitReached, NotFound
from albumen.tasks.models import Status, Task
from albumen.viewers import Viewer, is_administrator

# So that nobody fills the queue for everybody.
OPEN_AT_ONCE = 10


def tasks_visible_to(viewer: Viewer) -> QuerySet[Task]:
    """One's own; administrators see all, those of nobody included."""
    tasks = Task.objects.all()
    return tasks if is_administrator(viewer) else tasks.filter(owner_id=viewer.pk)


def get_task(viewer: Viewer, task_id: int) -> Task:
    """One task; `NotFound` alike for absent and hidden."""
    task = tasks_visible_to(viewer).filter(pk=task_id).first()
    if task is None:
        raise NotFound
    return task


def require_room(owner_id: int) -> None:
    """`LimitReached` while the user has as many tasks waiting and running as one may have at once.

    Requires a transaction: those who ask at once are let in one after another, each when the one before has committed.
    """
    get_user_model().objects.select_for_update(no_key=True).filter(pk=owner_id).values("pk").first()
    if Task.objects.filter(owner_id=owner_id, status__in=(Status.QUEUED, Status.RUNNING)).count() >= OPEN_AT_ONCE:
        raise LimitReached(30, f"You have {OPEN_AT_ONCE} tasks under way: wait for one of them, or cancel it.")


@dataclass(frozen=True, slots=True)
class Queue:
    """How many tasks wait for a worker, and since when the first of them could run; None when none waits."""

    length: int
    oldest: datetime | None


def queue_at(now: datetime) -> Queue:
    """For operators: what is due and not yet taken up."""
    due = Task.objects.filter(status=Status.QUEUED, not_before__lte=now)
    found = due.aggregate(length=Count("pk"), oldest=Min("not_before"))
    return Queue(**found)
