"""The log: each receiver's events, numbered without gaps in the order in which they were committed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Exists, Max, OuterRef

from albumen.errors import Gone, Invalid
from albumen.events.access import events_of
from albumen.events.models import Event, Stream
from albumen.events.services import wakeup

KEPT = timedelta(days=7)
# So many receivers, or events, in one statement.
BATCH = 500


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened, and the ids of the users who are told. `data` holds nothing that one of them may not
    see."""

    type: str
    data: dict[str, Any]
    receivers: Collection[int]


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and the number of the receiver's newest one."""

    events: list[Event]
    last: int


def publish(*happenings: NewEvent, now: datetime) -> None:
    """Write into the log of every receiver what happened: the last write of a service, inside its transaction
    (`RuntimeError` outside of one), and one call for all of it.

    From here to the commit other writers to the same receivers wait. All of them take their receivers in the order of
    the ids, so none waits for another in a circle.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Events are published inside the transaction that makes them true.")
    counts: dict[int, int] = {}
    for happening in happenings:
        for receiver in set(happening.receivers):
            counts[receiver] = counts.get(receiver, 0) + 1
    if not counts:
        return
    numbers = _take_numbers(counts)
    rows = []
    for happening in happenings:
        for receiver in sorted(set(happening.receivers)):
            row = Event(
                receiver_id=receiver, number=numbers[receiver], type=happening.type, at=now, data=happening.data
            )
            numbers[receiver] += 1
            rows.append(row)
    Event.objects.bulk_create(rows, batch_size=BATCH)
    wakeup.notify_after_commit()


def _take_numbers(counts: dict[int, int]) -> dict[int, int]:
    """The first free number of each receiver, of as many as the counts say. One statement locks a row or makes it, so
    that no writer ever holds a new row while it waits for an old one."""
    numbers: dict[int, int] = {}
    table = connection.ops.quote_name(Stream._meta.db_table)
    receivers = iter(sorted(counts))
    while some := list(islice(receivers, BATCH)):
        values = ", ".join(["(%s, %s)"] * len(some))
        statement = (
            f"INSERT INTO {table} (user_id, last) VALUES {values} "  # noqa: S608  (placeholders)
            f"ON CONFLICT (user_id) DO UPDATE SET last = {table}.last + excluded.last RETURNING user_id, last"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for receiver in some for value in (receiver, counts[receiver])])
            numbers.update((receiver, last - counts[receiver] + 1) for receiver, last in cursor.fetchall())
    return numbers


def events_after(*, user_id: int, after: int | None, limit: int) -> Page:
    """At most `limit` of the user's events after the one numbered `after`, or from the oldest one that is kept.

    `Gone`, with the number of the oldest one as `oldest`, where some of those that followed are not kept any more;
    `Invalid` where there was never an event with this number.
    """
    # Before the events: whatever is written or pruned meanwhile, nothing is left out unseen.
    last = last_number(user_id)
    if after is not None and after > last:
        raise Invalid("unknown_event", f"Your newest event is {last}: start anew without `after`.", pointer="/after")
    events = list(events_of(user_id).filter(number__gt=after or 0)[:limit])
    if after is not None and after < last and (not events or events[0].number > after + 1):
        oldest = events[0].number if events else last + 1
        detail = f"Events are kept for {KEPT.days} days. Read anew what you show, then go on after {oldest - 1}."
        raise Gone("events_pruned", detail, oldest=oldest)
    return Page(events, max(last, events[-1].number if events else 0))


def last_number(user_id: int) -> int:
    """The number of the user's newest event, 0 before the first."""
    return Stream.objects.filter(pk=user_id).values_list("last", flat=True).first() or 0


def last_numbers(user_ids: Sequence[int]) -> dict[int, int]:
    """The same for many at once; whoever has no event is left out."""
    numbers: dict[int, int] = {}
    for start in range(0, len(user_ids), BATCH):
        numbers.update(Stream.objects.filter(pk__in=user_ids[start : start + BATCH]).values_list("pk", "last"))
    return numbers


def prune_events(*, now: datetime) -> int:
    """Forget events of more than 7 days, and the logs of users who are gone; answers how many events.

    Always the oldest ones of a receiver, whatever the clock said when they were written: there is never a hole.
    """
    count = 0
    for receiver, newest in _outdated(now):
        count += Event.objects.filter(receiver_id=receiver, number__lte=newest).delete()[0]
    users = get_user_model()._default_manager
    left = ~Exists(users.filter(pk=OuterRef("receiver_id")))
    count += Event.objects.filter(left).delete()[0]
    Stream.objects.filter(~Exists(users.filter(pk=OuterRef("user_id")))).delete()
    return count


def _outdated(now: datetime) -> list[tuple[int, int]]:
    """Each receiver of old events, with the number of the newest of them."""
    old = Event.objects.filter(at__lte=now - KEPT).order_by()
    return list(old.values("receiver_id").annotate(newest=Max("number")).values_list("receiver_id", "newest"))
