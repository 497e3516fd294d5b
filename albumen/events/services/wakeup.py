"""Wakes those who wait for events, when a transaction that has written some is committed.

A notification is a hint and carries nothing: the log has the events, also for those who miss it. Listeners of this
process are called at once; PostgreSQL notifies other processes (`CHANNEL`), and SQLite's are watched by their `PRAGMA
data_version`.
"""

from collections.abc import Callable

from django.db import connection, transaction

CHANNEL = "albumen_events"
_listeners: set[Callable[[], None]] = set()


def listen(callback: Callable[[], None]) -> None:
    """Call this after each commit of events, in the thread that commits; it must be quick and never fail."""
    _listeners.add(callback)


def unlisten(callback: Callable[[], None]) -> None:
    """Call this no longer."""
    _listeners.discard(callback)


def notify_after_commit() -> None:
    """Notify everybody once the current transaction, which has written events, is committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    transaction.on_commit(_notify, robust=True)


def _notify() -> None:
    for callback in tuple(_listeners):
        callback()
