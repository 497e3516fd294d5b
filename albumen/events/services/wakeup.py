"""Wakes those who wait for events, when a transaction that has written some is committed.

A ring is a hint and carries nothing: whoever hears it looks into the log, and whoever misses it finds the same there
later. Listeners of this process are called at once; PostgreSQL tells other processes (`CHANNEL`), and SQLite's are
watched by their `PRAGMA data_version`.
"""

from collections.abc import Callable

from django.db import connection, transaction

CHANNEL = "albumen_events"
_listeners: set[Callable[[], None]] = set()


def listen(callback: Callable[[], None]) -> None:
    """Call this from now on, in whatever thread commits; it must be quick and never fail."""
    _listeners.add(callback)


def unlisten(callback: Callable[[], None]) -> None:
    _listeners.discard(callback)


def notify_after_commit() -> None:
    """Inside a transaction that has written events."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    for callback in tuple(_listeners):
        callback()
