"""Checks of the parts that requests need, for /readyz, /metrics and `doctor`.

All checks run at once, each in a thread, and are waited for two seconds. django-health-check was weighed: it waits for
a check that hangs.
"""

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from albumen import imaging
from albumen.errors import OutOfSpace
from albumen.storage import room_needed
from albumen.tasks.services.queue import read_queue_state

WAIT_SECONDS = 2.0
KEPT_SECONDS = 1.0
# After so long a hanging check is abandoned and a new one started, which can see that the part is back.
ABANDONED_SECONDS = 10.0
QUEUE_SECONDS = 600.0
logger = logging.getLogger(__name__)

Figures = dict[str, float]


class Down(Exception):
    """The part does not work. The text is public, so it names neither a host nor a user."""


@dataclass(frozen=True, slots=True)
class State:
    """The result of a check. `figures` are what it measured; `reason` is empty if the part works."""

    name: str
    reason: str = ""
    figures: Figures = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.reason


class Part:
    """One part. Only one of its checks runs at a time, and a result is valid for a second."""

    def __init__(self, name: str, check: Callable[[], Figures]) -> None:
        self.name = name
        self._check = check
        self._lock = threading.Lock()
        self._result: Future[State] | None = None
        self._begun = self._ended = 0.0
        self._was_ok = True

    def ask(self) -> "Future[State]":
        """Return the result of the running or the latest check, or of a new one."""
        with self._lock:
            now = time.monotonic()
            known = self._result
            if known is not None:
                fresh = now - self._ended < KEPT_SECONDS if known.done() else now - self._begun < ABANDONED_SECONDS
                if fresh:
                    return known
            self._begun = now
            result = self._result = Future()
        threading.Thread(target=self._work, args=(result,), name=f"check of {self.name}", daemon=True).start()
        return result

    def _work(self, result: "Future[State]") -> None:
        try:
            state = State(self.name, figures=self._check())
        except Down as error:
            state = State(self.name, str(error))
        except Exception as error:
            # The text of the exception may name hosts and users, so it is only logged.
            state = State(self.name, f"failed with {type(error).__name__}")
            if self._was_ok:
                logger.warning("The check of %s failed.", self.name, exc_info=True)
        finally:
            connection.close()
        if state.ok != self._was_ok:
            logger.log(logging.INFO if state.ok else logging.ERROR, "%s: %s", self.name, state.reason or "ok again")
        self._was_ok = state.ok
        self._ended = time.monotonic()
        result.set_result(state)


def check_database() -> Figures:
    """Run a query. Return the seconds it took."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return {"seconds": time.monotonic() - began}


def check_storage() -> Figures:
    """Store a file, read it back and delete it. One that is left behind is swept, because it is in `incoming`."""
    content = uuid.uuid4().bytes
    name = f"incoming/probe-{content.hex()}"
    storage: Any = default_storage
    temp = storage.temp_path()
    try:
        with room_needed():
            temp.write_bytes(content)
        storage.place(temp, name, durable=False)
        with storage.open(name) as file:
            if file.read() != content:
                raise Down("returns other bytes than were stored")
    except OutOfSpace:
        raise Down("has no room left") from None
    finally:
        temp.unlink(missing_ok=True)
        storage.delete(name)
    return free_space()


def free_space() -> Figures:
    """Return the free bytes on the disk of the data folder."""
    folder = next(path for path in (Path(settings.DATA_DIR), *Path(settings.DATA_DIR).parents) if path.exists())
    return {"free_bytes": float(shutil.disk_usage(folder).free)}


def check_queue() -> Figures:
    """Require a live worker, and no task that has waited for long. Return figures about the queue."""
    queue = read_queue_state(now=timezone.now())
    waits = queue.longest_wait.total_seconds()
    if not queue.workers:
        raise Down("no worker has given a sign of life lately")
    if waits > QUEUE_SECONDS:
        raise Down(f"a task has waited for {waits:.0f} s")
    return {
        "waiting": float(queue.waiting),
        "running": float(queue.running),
        "oldest_seconds": waits,
        "workers": float(queue.workers),
    }


def check_decoders() -> Figures:
    """Decode a known picture. It is no fault if all decoders are busy."""
    try:
        imaging.check_decoders()
    except (imaging.Refused, RuntimeError, OSError) as error:
        raise Down("a known picture was not decoded") from error
    return {}


def check_address(url: str) -> Figures:
    """Ping the Redis at this URL. Return the seconds it took."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    once = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0, "retry": Retry(NoBackoff(), 0)}
    began = time.monotonic()
    with closing(Redis.from_url(url.replace("redis+unix:", "unix:"), **once)) as client:
        client.ping()
    return {"seconds": time.monotonic() - began}


def parts() -> dict[str, Part]:
    """Return the configured parts by name."""
    known = {"database": check_database, "storage": check_storage, "queue": check_queue, "decoders": check_decoders}
    for name, url in (("broker", settings.BROKER_URL), ("redis", settings.REDIS_URL)):
        if url:
            known[name] = partial(check_address, url)
    return {name: Part(name, check) for name, check in known.items()}


_parts = parts()


def report() -> list[State]:
    """Return the state of every part, after at most two seconds."""
    results = {name: part.ask() for name, part in _parts.items()}
    wait(results.values(), timeout=WAIT_SECONDS)
    silent = f"no answer within {WAIT_SECONDS:g} s"
    return [result.result() if result.done() else State(name, silent) for name, result in results.items()]
