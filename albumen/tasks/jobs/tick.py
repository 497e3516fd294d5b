"""What every worker process does every few seconds beside its tasks."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from albumen.tasks.services.claims import release_expired_claims
from albumen.tasks.services.context import stopping
from albumen.tasks.services.queue import heartbeat
from albumen.tasks.services.schedules import start_scheduled

logger = logging.getLogger(__name__)


def tick_until_stopped(schedules: Mapping[str, timedelta]) -> None:
    """Write that this worker is alive, release expired claims, and start periodic work, until the process stops."""
    while not stopping.is_set():
        now = timezone.now()
        try:
            heartbeat(now=now)
            release_expired_claims(now=now)
            start_scheduled(schedules, now=now)
        except Exception:
            logger.exception(
                "The heartbeat, expired claims or periodic work failed; the next try is in a few seconds."
            )
        finally:
            close_old_connections()
        stopping.wait(settings.TASK_SECONDS["tick"])
