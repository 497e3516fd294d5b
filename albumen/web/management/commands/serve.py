"""Run the server on $HOST:$PORT, and its workers."""

import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from albumen import imaging
from albumen.idempotency.services.responses import free_claims
from albumen.operations import migrations
from albumen.server.supervisor import Workers


class Command(BaseCommand):
    help = "Serve HTTP on $HOST:$PORT until Ctrl-C; nothing else is needed on one machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrate", action="store_true", help="Apply missing migrations before that.")

    def handle(self, *args: Any, **options: Any) -> None:
        from albumen.server import run

        if migrations.are_missing():
            if options["migrate"]:
                _migrate()
            else:
                self.check_migrations()
        # Where migrations are missing, that was said by now.
        with suppress(DatabaseError):
            free_claims()
        workers = Workers(settings.WORKERS)
        # uvicorn raises the signal again when it is done, which would end this process before its workers.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.stdout.write(
            f"Albumen is on http://{settings.HOST}:{settings.PORT}/ with its data in {settings.DATA_DIR}"
        )
        try:
            # A worker needs as long to start as the server, and on a small machine the two would hold each other up.
            run.run(
                "albumen.server.asgi:application",
                host=settings.HOST,
                port=settings.PORT,
                when_listening=workers.start,
            )
        finally:
            workers.stop()
            imaging.shutdown()


def _migrate() -> None:
    """Run `manage.py migrate`, in a process of its own: what it loads would stay in the server's memory. End this
    process if it fails; it has said why."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    if status := subprocess.run(command, check=False).returncode:  # noqa: S603 - this interpreter and this code
        sys.exit(status)
