"""Whose events one may see: one's own, and nobody else's, administrators included."""

from typing import Any

from django.db.models import QuerySet

from albumen.events.models import Event


def events_of(viewer: Any) -> QuerySet[Event]:
    """The viewer's own events that are kept, in order."""
    return Event.objects.filter(receiver_id=viewer.pk).order_by("number")
