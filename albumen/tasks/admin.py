"""Tasks in the admin panel."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from albumen.admin_base import ReadOnlyPage, filter_by, linked
from albumen.errors import Conflict, NotFound
from albumen.tasks.models import Status, Task, TaskKind, TaskQuerySet
from albumen.tasks.services import cancel_task, retry_task

KindFilter = filter_by("work", "kind", {kind: (kind.label, Q(kind=kind)) for kind in TaskKind})
OwnerFilter = filter_by(
    "owner", "of", {"users": ("Of users", Q(owner__isnull=False)), "none": ("Of the service itself", Q(owner=None))}
)


@admin.register(Task)
class TaskPage(ReadOnlyPage):
    belongs_to = {"accounts.user": "owner"}
    empty = "No task was started yet."
    list_display = ("number", "work", "whose", "state", "progress", "code", "created_at", "finished_at")
    list_filter = ("status", KindFilter, OwnerFilter, "created_at", "finished_at")
    list_select_related = ("owner",)
    search_fields = ("owner__email", "owner__search_key")
    fieldsets = (
        (None, {"fields": ("work", "owner", "state", "progress", "failure", "result")}),
        ("What is asked", {"fields": ("arguments", "checkpoint", "cancel_requested")}),
        ("When", {"fields": ("created_at", "started_at", "finished_at", "attempts", "not_before", "lease_until")}),
    )
    actions = ("retry_tasks", "cancel_tasks")

    whose = linked("owner", ordering="owner__email")

    @display(description="Task", ordering="id")
    def number(self, task: Task) -> int:
        return task.pk

    @display(description="Work", ordering="kind")
    def work(self, task: Task) -> str:
        return task.label

    @display(
        description="State",
        ordering="status",
        label={
            "succeeded": "success",
            "failed": "danger",
            "running": "info",
            "cancelled": "warning",
            "being cancelled": "warning",
        },
    )
    def state(self, task: Task) -> str:
        return "being cancelled" if task.cancel_requested and task.lease_until else Status(task.status).label

    @display(description="Progress")
    def progress(self, task: Task) -> str:
        return f"{task.done}" if task.total is None else f"{task.done} of {task.total}"

    @display(description="Error")
    def code(self, task: Task) -> str:
        return task.error["code"] if task.error else "-"

    @display(description="Error")
    def failure(self, task: Task) -> str:
        return f"{task.error['code']}: {task.error['detail']}" if task.error else "-"

    @admin.action(description="Try again")
    def retry_tasks(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        chosen = queryset.filter(status__in=(Status.FAILED, Status.CANCELLED))
        done = [task for task in chosen if self._act(retry_task, request, task)]
        nothing = "None of these tasks can be tried again: only failed and cancelled ones can."
        self.report(request, done, "queued again", nothing)

    @admin.action(description="Cancel")
    def cancel_tasks(self, request: HttpRequest, queryset: TaskQuerySet) -> None:
        done = [task for task in queryset.open() if self._act(cancel_task, request, task)]
        did = "cancelled, at the next step if at work"
        self.report(request, done, did, "None of these tasks can be cancelled: they have ended.")

    def _act(self, service: Any, request: HttpRequest, task: Task) -> bool:
        """Call the service, and return True; False when the task has ended or was deleted meanwhile."""
        try:
            service(actor=request.user, task_id=task.pk, now=timezone.now())
        except (Conflict, NotFound):
            return False
        return True

    def actions_for(self, row: Task) -> Collection[str]:
        if row.status in (Status.QUEUED, Status.RUNNING):
            return ("cancel_tasks",)
        return ("retry_tasks",) if row.status in (Status.FAILED, Status.CANCELLED) else ()
