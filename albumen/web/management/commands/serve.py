"""Run the server on $HOST:$PORT, and its workers."""

import signal
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from albumen import imaging
from albumen.idempotency.services.responses import free_claims
from albumen.server.supervisor import Workers


class Command(BaseCommand):
    help = "Serve HTTP on $HOST:$PORT until Ctrl-C; nothing else is needed on one machine."
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        from albumen.server import run

        # Where migrations are missing, Django has said so by now.
        with suppress(DatabaseError):
            free_claims()
        workers = Workers(settings.WORKERS)
        # uvicorn raises the signal again when it is done, which would end this process before its workers.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.stdout.write(
            f"Albumen is on http://{settings.HOST}:{settings.PORT}/ with its data in {settings.DATA_DIR}"
        )
        try:
            workers.start()
            run.run("albumen.server.asgi:application", host=settings.HOST, port=settings.PORT)
        finally:
            workers.stop()
            imaging.shutdown()
