"""A thread that notices when any process has committed events to the database."""

import logging
import threading
from collections.abc import Callable

from django.db import connection

from albumen.events.services.log import CHANNEL

# How often SQLite is polled. One poll takes about 20 microseconds, and half of this is the mean delay of an event.
LOOK_SECONDS = 0.015
RETRY_SECONDS = (0.2, 5.0)
logger = logging.getLogger(__name__)


def start(notify: Callable[[], None]) -> threading.Event:
    """Call `notify` after each commit that may have brought events, until the returned event is set."""
    ended = threading.Event()
    work = _listen if connection.vendor == "postgresql" else _poll
    threading.Thread(target=_run, args=(work, notify, ended), name="events-listener", daemon=True).start()
    return ended


def _run(work: Callable[..., None], notify: Callable[[], None], ended: threading.Event) -> None:
    pause, longest = RETRY_SECONDS
    while not ended.is_set():
        try:
            work(notify, ended)
        except Exception:
            # Meanwhile the hub reads the log every second, so events only come later.
            logger.exception("Commits to the database cannot be noticed; the next try is in %.1f s.", pause)
            ended.wait(pause)
            pause = min(pause * 2, longest)
    connection.close()


def _poll(notify: Callable[[], None], ended: threading.Event) -> None:
    """SQLite: poll a number that changes whenever another connection has committed."""
    seen = None
    connection.close()
    with connection.cursor() as cursor:
        while not ended.wait(LOOK_SECONDS):
            now = cursor.execute("PRAGMA data_version").fetchone()
            if now != seen:
                seen = now
                notify()


def _listen(notify: Callable[[], None], ended: threading.Event) -> None:
    """PostgreSQL: listen for the notifications that writers send in their transactions. The connection is not one of
    Django's pool, which would have one less while this thread runs."""
    import psycopg

    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as listening:
        listening.execute(f"LISTEN {CHANNEL}")
        notify()
        while not ended.is_set():
            for _ in listening.notifies(timeout=1.0, stop_after=1):
                notify()
