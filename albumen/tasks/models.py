"""Background work: one row a task, which alone says how it stands; engines carry its id and know nothing else."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Status(models.TextChoices):
    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class Task(models.Model):
    """Periodic work has no owner. `checkpoint` is what its handler needs to go on where it stopped; `error` is
    {"code", "detail"}. A running task belongs to whoever knows its `claim`, until `lease_until` has passed."""

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
    delivered_at = models.DateTimeField(null=True, editable=False)
    checkpoint = models.JSONField(default=dict, editable=False)
    result = models.JSONField(null=True, editable=False)
    error = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

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


class Slot(models.Model):
    """One turn of a schedule; whoever writes the row starts the work, and nobody else can."""

    schedule = models.CharField(max_length=64, editable=False)
    slot = models.DateTimeField(editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="one_turn_a_slot")]

    def __str__(self) -> str:
        return f"{self.schedule} at {self.slot:%Y-%m-%d %H:%M}"


class Worker(models.Model):
    """A process that works on tasks, and when it last said so."""

    name = models.CharField(max_length=200, unique=True, editable=False)
    seen_at = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return self.name
