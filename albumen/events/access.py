"""Whose events one may see: one's own, and nobody else's, administrators included."""

from django.db.models import QuerySet

from albumen.events.models import Event


def events_of(user_id: int) -> QuerySet[Event]:
    """The user's own events that are kept, in order."""
    return Event.objects.filter(receiver_id=user_id).order_by("number")
