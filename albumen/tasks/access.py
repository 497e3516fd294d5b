"""Who may see which task."""

from typing import Any

from django.db.models import QuerySet

from albumen.errors import NotFound
from albumen.tasks.models import Task


def tasks_visible_to(viewer: Any) -> QuerySet[Task]:
    """One's own; administrators see all, those of nobody included."""
    tasks = Task.objects.all()
    return tasks if viewer.is_active and viewer.is_staff else tasks.filter(owner_id=viewer.pk)


def get_task(viewer: Any, task_id: int) -> Task:
    """One task; `NotFound` alike for absent and hidden."""
    task = tasks_visible_to(viewer).filter(pk=task_id).first()
    if task is None:
        raise NotFound
    return task
