"""Remove old trash, files without a row, ended sessions, and stored responses of idempotent requests."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from albumen.accounts.services.sessions import delete_ended_sessions
from albumen.idempotency.services.responses import delete_old_responses
from albumen.library.jobs.sweep import GRACE, sweep_files
from albumen.library.services.freeing import FRESH
from albumen.library.services.trash import TRASH_KEPT, purge_trash


class Command(BaseCommand):
    help = "Purge the trash after 30 days; remove files without a row, ended sessions, stored responses."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", action="store_true", help="remove files without a row after a minute")
        parser.add_argument("--trash", action="store_true", help="purge all that is in anybody's trash, for good")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        pictures = purge_trash(now=now, kept=timedelta(0) if options["trash"] else TRASH_KEPT)
        files = sweep_files(now=now, grace=FRESH if options["now"] else GRACE)
        sessions = delete_ended_sessions(now=now)
        responses = delete_old_responses(now=now)
        if options["verbosity"] > 1 or pictures or files or sessions or responses:
            self.stdout.write(f"Swept {pictures} pictures, {files} files, {sessions} sessions, {responses} responses.")
