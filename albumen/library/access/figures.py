"""Figures about the whole installation, for administrators."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Case, Count, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from albumen.accounts.models import User
from albumen.library.models import Picture
from albumen.viewers import Viewer, require_administrator


@dataclass(frozen=True, slots=True)
class Totals:
    """`new_users` have joined since a time. `pictures` and `bytes` include what is in the trash."""

    users: int
    new_users: int
    pictures: int
    bytes: int
    trashed: int


def totals(viewer: Viewer, *, since: datetime) -> Totals:
    """Return what there is: as each user's own counts add up, because counting every picture would take long."""
    require_administrator(viewer)
    found = User.objects.aggregate(
        users=Count("pk"),
        new_users=Count("pk", filter=Q(date_joined__gte=since)),
        pictures=Coalesce(Sum("picture_count"), 0),
        bytes=Coalesce(Sum("bytes_used"), 0),
    )
    return Totals(**found, trashed=Picture.objects.trashed().count())


def uploads_by_day(viewer: Viewer, *, days: int, now: datetime) -> dict[date, int]:
    """Return how many pictures came on each of the last `days` days (in UTC), without those in the trash: the oldest
    day first, today last."""
    require_administrator(viewer)
    today = now.astimezone(UTC).date()
    span = [today - timedelta(days=number) for number in range(days)]
    begins = {day: datetime.combine(day, time(), UTC) for day in span}
    # Comparisons, because SQLite would call Python for the date of each row. The latest day comes first.
    which = Case(*(When(created_at__gte=begin, then=Value(str(day))) for day, begin in begins.items()))
    recent = Picture.objects.live().filter(created_at__gte=begins[span[-1]]).order_by()
    found = dict(recent.values_list(which).annotate(Count("pk")))
    return {day: found.get(str(day), 0) for day in reversed(span)}


def bytes_since(viewer: Viewer, since: datetime) -> int:
    """Return the bytes of the originals that came since then, without those in the trash."""
    require_administrator(viewer)
    found = Picture.objects.live().filter(created_at__gte=since).aggregate(bytes=Coalesce(Sum("bytes"), 0))
    return int(found["bytes"])
