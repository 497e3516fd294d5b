"""The rule of who may see which events: every user, administrators too, sees only their own."""

from django.db.models import QuerySet

from albumen.events.models import Event


def events_of(user_id: int) -> QuerySet[Event]:
    """Return the events of this user that are still kept, ordered by their number."""
    return Event.objects.filter(recipient_id=user_id).order_by("number")
