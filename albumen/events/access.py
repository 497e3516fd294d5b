"""Which events a user may see: their own alone, administrators too."""

from django.db.models import QuerySet

from albumen.events.models import Event


def events_of(user_id: int) -> QuerySet[Event]:
    """Return the events of this user's log that are kept, in order."""
    return Event.objects.filter(recipient_id=user_id).order_by("number")
