"""Background work. One row is a task with its whole state; a broker carries nothing but the id."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class TaskKind(models.TextChoices):
    """Every kind of work, with its label for people. `albumen.web.task_types` names the handler of each."""

    IMPORT_PICTURES = "import_pictures", "Import pictures"
    IMPORT_ARCHIVE = "import_archive", "Import an archive"
    EXPORT_PICTURES = "export_pictures", "Export pictures"
    MAKE_THUMBNAILS = "make_thumbnails", "Make thumbnails after a change of plan"
    RECHECK_LINKED = "recheck_linked", "Look at linked pictures again"
    SEND_MAIL = "send_mail", "Send an e-mail"
    PURGE_TRASH = "purge_trash", "Purge the trash"
    SWEEP_FILES = "sweep_files", "Sweep files without a row"
    DELETE_SESSIONS = "delete_sessions", "Forget ended logins"
    DELETE_REGISTRATIONS = "delete_registrations", "Forget registrations without proof"
    DELETE_ANSWERS = "delete_answers", "Forget answers kept for retries"
    DELETE_EVENTS = "delete_events", "Forget old events"
    DELETE_INVITATIONS = "delete_invitations", "Forget old invitations"
    DELETE_TASKS = "delete_tasks", "Forget old tasks"


class Status(models.TextChoices):
    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> Self:
        """Return the tasks that have not ended: those that wait and those that run."""
        return self.filter(status__in=(Status.QUEUED, Status.RUNNING))

    def due(self, now: datetime) -> Self:
        """Return the tasks that wait for a worker and may begin."""
        return self.filter(status=Status.QUEUED, not_before__lte=now)


class Task(models.Model):
    """One piece of background work.

    Periodic work has no owner. `kind` is a `TaskKind`, or a kind that only an older version knew. `checkpoint` is what
    the handler needs to resume the work; `error` is {"code", "detail"}. A running task belongs to the worker that made
    its `claim`; others may release the claim once `lease_until` has passed.
    """

    kind = models.CharField(max_length=64, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+", editable=False
    )
    arguments = models.JSONField(default=dict, editable=False)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED, editable=False)
    done = models.PositiveBigIntegerField(default=0, editable=False)
    total = models.PositiveBigIntegerField(null=True, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    not_before = models.DateTimeField(default=timezone.now, editable=False)
    checkpoint = models.JSONField(default=dict, editable=False)
    result = models.JSONField(null=True, editable=False)
    error = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["owner", "created_at", "id"], name="task_of_owner"),
            models.Index(fields=["created_at", "id"], name="task_created_at"),
            models.Index(fields=["not_before", "id"], condition=Q(status="queued"), name="task_queued"),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="task_running"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="task_finished"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="running", claim__isnull=False, lease_until__isnull=False)
                | (~Q(status="running") & Q(claim__isnull=True, lease_until__isnull=True)),
                name="task_claimed_while_running",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def label(self) -> str:
        """Return the kind in words for people; the bare kind when this version does not know it."""
        return str(dict(TaskKind.choices).get(self.kind, self.kind))


class ScheduledRun(models.Model):
    """One period of periodic work. The worker that writes the row starts the task, and no other can."""

    # The kind of the work, and the beginning of the period.
    schedule = models.CharField(max_length=64, editable=False)
    slot = models.DateTimeField(editable=False)

    class Meta:
        db_table = "tasks_slot"
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="one_turn_a_slot")]

    def __str__(self) -> str:
        return f"{self.schedule} at {self.slot:%Y-%m-%d %H:%M}"


class Worker(models.Model):
    """A process that works on tasks, and when it last said that it is alive."""

    name = models.CharField(max_length=200, unique=True, editable=False)
    seen_at = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return self.name
