"""The log: each recipient's events, numbered without gaps in the order of their commits."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Exists, Max, OuterRef

from albumen.errors import Gone, Invalid
from albumen.events.access import events_of
from albumen.events.models import Event, Stream
from albumen.sentences import Sentence

KEPT = timedelta(days=7)
# Recipients, or events, in one statement.
BATCH = 500
# The channel on which PostgreSQL notifies the processes that have sockets.
CHANNEL = "albumen_events"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be published to its recipients (user ids). `data` must hold nothing that one of them may not see."""

    type: str
    data: Mapping[str, object]
    recipients: Collection[int]


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and the number of the recipient's newest one."""

    events: list[Event]
    last: int


def publish(*events: NewEvent, now: datetime) -> None:
    """Write the events into the logs of their recipients. Raise `RuntimeError` outside of a transaction.

    A service calls this once, as the last write of its transaction: until the commit, other writers to the same
    recipients wait. All writers lock recipients in the order of their ids, so that no two wait for each other.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Events are published inside the transaction that makes them true.")
    counts = Counter(recipient for event in events for recipient in set(event.recipients))
    if not counts:
        return
    numbers = _take_numbers(counts)
    rows = []
    for event in events:
        for recipient in sorted(set(event.recipients)):
            rows.append(
                Event(recipient_id=recipient, number=numbers[recipient], type=event.type, at=now, data=event.data)
            )
            numbers[recipient] += 1
    Event.objects.bulk_create(rows, batch_size=BATCH)
    if connection.vendor == "postgresql":
        # Sent at the commit. It carries nothing: a listener that misses it finds the events in the log a second later.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _take_numbers(counts: Mapping[int, int]) -> dict[int, int]:
    """Reserve as many numbers for each recipient as `counts` says, and return the first number of each.

    One statement creates or locks each row in order, so that no two writers wait for each other.
    """
    numbers: dict[int, int] = {}
    table = connection.ops.quote_name(Stream._meta.db_table)
    recipients = iter(sorted(counts))
    while some := list(islice(recipients, BATCH)):
        values = ", ".join(["(%s, %s)"] * len(some))
        statement = (
            f"INSERT INTO {table} (user_id, last) VALUES {values} "  # noqa: S608  (placeholders)
            f"ON CONFLICT (user_id) DO UPDATE SET last = {table}.last + excluded.last RETURNING user_id, last"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [value for recipient in some for value in (recipient, counts[recipient])])
            numbers.update((recipient, last - counts[recipient] + 1) for recipient, last in cursor.fetchall())
    return numbers


def events_after(*, user_id: int, after: int | None, limit: int) -> Page:
    """Return at most `limit` of the user's events after the one numbered `after`; None begins at the oldest one kept.

    Raise `Gone`, with `oldest`, when some events after `after` were pruned already, and `Invalid` when there was never
    an event with this number.
    """
    # Read before the events, so that events written or pruned meanwhile are not missed.
    last = last_number(user_id)
    if after is not None and after > last:
        detail = Sentence("Your newest event is %(last)s: start again without `after`.", last=last)
        raise Invalid("unknown_event", detail, pointer="/after")
    events = list(events_of(user_id).filter(number__gt=after or 0)[:limit])
    if after is not None and after < last and (not events or events[0].number > after + 1):
        oldest = events[0].number if events else last + 1
        detail = Sentence(
            "Events are kept for %(days)s days. Read again what you show, then go on after %(last)s.",
            days=KEPT.days,
            last=oldest - 1,
        )
        raise Gone("events_pruned", detail, oldest=oldest)
    return Page(events, max(last, events[-1].number if events else 0))


def last_number(user_id: int) -> int:
    """Return the number of the user's newest event, 0 before the first."""
    return Stream.objects.filter(pk=user_id).values_list("last", flat=True).first() or 0


def last_numbers(user_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of each user's newest event; users without events are left out."""
    numbers: dict[int, int] = {}
    for start in range(0, len(user_ids), BATCH):
        numbers.update(Stream.objects.filter(pk__in=user_ids[start : start + BATCH]).values_list("pk", "last"))
    return numbers


def prune_events(*, now: datetime) -> int:
    """Delete events older than `KEPT` and the logs of deleted users; return the number of deleted events.

    For each recipient, all events up to the newest old one are deleted, so that a clock that was set back leaves no
    hole in the numbers.
    """
    count = 0
    for recipient, newest in _outdated(now):
        count += Event.objects.filter(recipient_id=recipient, number__lte=newest).delete()[0]
    users = get_user_model()._default_manager
    left = ~Exists(users.filter(pk=OuterRef("recipient_id")))
    count += Event.objects.filter(left).delete()[0]
    Stream.objects.filter(~Exists(users.filter(pk=OuterRef("user_id")))).delete()
    return count


def _outdated(now: datetime) -> list[tuple[int, int]]:
    """Return each recipient of events older than `KEPT`, with the number of the newest of these."""
    old = Event.objects.filter(at__lte=now - KEPT).order_by()
    return list(old.values("recipient_id").annotate(newest=Max("number")).values_list("recipient_id", "newest"))
