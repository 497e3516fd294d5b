"""What every worker looks after every few seconds, whatever engine carries the ids."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from albumen.tasks.services.claims import lapse_claims
from albumen.tasks.services.delivery import deliver_due
from albumen.tasks.services.queue import heartbeat
from albumen.tasks.services.run import stopping
from albumen.tasks.services.schedules import start_slots

logger = logging.getLogger(__name__)


def tick(*, now: datetime) -> None:
    """Take back what dead workers held, start what the clock asks for, and deliver what is due."""
    heartbeat(now=now)
    lapse_claims(now=now)
    start_slots(now=now)
    deliver_due(now=now)


def start_ticking() -> None:
    """Ticks in a thread of this process, until it ends."""
    threading.Thread(target=_repeat, args=(tick,), name="tick", daemon=True).start()


def _repeat(work: Callable[..., None]) -> None:
    while not stopping.is_set():
        try:
            work(now=timezone.now())
        except ConnectionError as error:
            logger.error("%s Tasks are delivered when it does.", error)
        except Exception:
            logger.exception("Looking after tasks failed; it is tried again in a moment.")
        finally:
            close_old_connections()
        stopping.wait(settings.TASK_SECONDS["tick"])
