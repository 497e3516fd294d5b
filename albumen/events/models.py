"""Events: a numbered log for each user.

The database enforces no foreign key here, so that writing to many logs cannot fail because one recipient is deleted at
that moment. The next pruning deletes what is left of deleted users.
"""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Stream(models.Model):
    """The number of a recipient's newest event. Writers lock this row until they commit, so that numbers have no gaps
    and are in the order of the commits."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, db_constraint=False, on_delete=models.CASCADE, related_name="+"
    )
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.last}"


class Event(models.Model):
    """One event of one recipient. `number` counts from 1 and is what the API calls `id`."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_column="receiver_id",
        db_constraint=False,
        db_index=False,
        on_delete=models.CASCADE,
        related_name="+",
    )
    number = models.PositiveBigIntegerField()
    type = models.CharField(max_length=40)
    at = models.DateTimeField()
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "number"], name="events_numbered")]
        indexes = [models.Index(fields=["at"], name="event_at")]

    def __str__(self) -> str:
        return f"{self.recipient_id}/{self.number} {self.type}"
