"""Copy this installation to another database, another storage, or both."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, transaction

from albumen.errors import Unavailable
from albumen.operations import transfer
from albumen.web import bootstrap


class Command(BaseCommand):
    help = (
        "Copy every row to a PostgreSQL database and every file to an S3 bucket, both empty, and compare them with "
        "those here. Nothing is changed here. Stop the server first; an interrupted move can be started again."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        # In a file, because every user of the machine can see the arguments of a command.
        parser.add_argument(
            "file",
            type=Path,
            help="A file like .env that names the place to move to: DATABASE_URL, ALBUMEN_STORAGE_URL, or both.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            named = bootstrap.settings_in(options["file"])
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}.") from None
        database, storage = (named.get(name, "") for name in ("DATABASE_URL", "ALBUMEN_STORAGE_URL"))
        if not database and not storage:
            raise CommandError(f"{options['file']} must name DATABASE_URL, ALBUMEN_STORAGE_URL, or both.")
        with suppress(OSError), socket.create_connection((settings.HOST, settings.PORT), timeout=2):
            raise CommandError(f"Something answers on port {settings.PORT}: stop the server and its workers first.")
        try:
            # On SQLite this takes the write lock, so that nothing changes while it is copied.
            with transaction.atomic():
                self._move(database, storage)
        except (transfer.CannotMove, ImproperlyConfigured) as refusal:
            raise CommandError(str(refusal)) from None
        except (OperationalError, Unavailable) as error:
            raise CommandError(f"The place to move to does not answer: {error}") from None

    def _move(self, database: str, storage: str) -> None:
        # Files first, so that no row names a file that is not there.
        if storage:
            count, sent = transfer.copy_files(bootstrap.storage(storage))
            self.stdout.write(f"{count} files are there with the same sha256; {sent} were sent now.")
        if database:
            transfer.connect(bootstrap.database(database, data_dir=settings.DATA_DIR, threads=1))
            call_command("migrate", database=transfer.TARGET, verbosity=0)
            count, before = transfer.copy_rows()
            self.stdout.write(f"{count} rows are there with the same values{', from before' if before else ''}.")
