"""Stored responses to requests with an `Idempotency-Key`."""

import uuid

from django.conf import settings
from django.db import models


class StoredResponse(models.Model):
    """One key of one caller: claimed while its request is worked on (`status` is null), then with the response.

    Of the request only a keyed hash is stored: bodies may hold passwords.
    """

    # "user 7", or "address 203.0.113.9" where nobody is signed in; `user` lets the row go with its user.
    caller = models.CharField(max_length=64, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+", editable=False
    )
    key = models.CharField(max_length=255, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False)
    claim = models.UUIDField(default=uuid.uuid4, editable=False)
    claimed_at = models.DateTimeField(db_index=True, editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    body = models.TextField(blank=True, editable=False)

    class Meta:
        # As it was named first, so that the version before can go on beside this one.
        db_table = "idempotency_storedanswer"
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
