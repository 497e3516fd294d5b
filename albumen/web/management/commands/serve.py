"""Serve everything in one process, on $HOST:$PORT."""

import logging
import threading
from contextlib import suppress
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from albumen import imaging
from albumen.idempotency.services.answers import free_claims

SWEEP_SECONDS = 3600
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve HTTP on $HOST:$PORT until Ctrl-C; nothing else is needed on one machine."
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        from albumen.web.server import Protocol

        # Where migrations are missing, Django has said so by now.
        with suppress(DatabaseError):
            free_claims()
        ended = threading.Event()
        threading.Thread(target=_keep_tidy, args=(ended,), name="tidy", daemon=True).start()
        self.stdout.write(
            f"Albumen is on http://{settings.HOST}:{settings.PORT}/ with its data in {settings.DATA_DIR}"
        )
        try:
            uvicorn.run(
                "albumen.web.asgi:application",
                host=settings.HOST,
                port=settings.PORT,
                http=Protocol,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                access_log=False,
                log_config=None,
                timeout_graceful_shutdown=20,
            )
        finally:
            ended.set()
            imaging.shutdown()


def _keep_tidy(ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            call_command("sweep")
        except Exception:
            logger.exception("The sweep failed; it is tried again in an hour.")
        finally:
            close_old_connections()
        ended.wait(SWEEP_SECONDS)
