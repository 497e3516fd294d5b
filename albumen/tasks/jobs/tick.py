"""What every worker looks after every few seconds."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from albumen.tasks.services.claims import end_lapsed_claims
from albumen.tasks.services.context import stopping
from albumen.tasks.services.queue import heartbeat
from albumen.tasks.services.schedules import start_scheduled

logger = logging.getLogger(__name__)


def tick_until_stopped(schedules: Mapping[str, timedelta]) -> None:
    """Say that this worker is alive, take back what dead workers held, and start periodic work, until it stops."""
    while not stopping.is_set():
        now = timezone.now()
        try:
            heartbeat(now=now)
            end_lapsed_claims(now=now)
            start_scheduled(schedules, now=now)
        except Exception:
            logger.exception("Looking after tasks failed; it is tried again in a moment.")
        finally:
            close_old_connections()
        stopping.wait(settings.TASK_SECONDS["tick"])
