"""Remove old trash, files without a row, ended sessions, and stored responses of idempotent requests."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from albumen.accounts.services.sessions import delete_ended_sessions
from albumen.idempotency.services.responses import delete_old_responses
from albumen.library.jobs.sweep import sweep_files
from albumen.library.services.trash import purge_trash


class Command(BaseCommand):
    help = "Purge the trash after 30 days; remove files without a row after a day, ended sessions, stored responses."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        pictures = purge_trash(now=now)
        files = sweep_files(now=now)
        sessions = delete_ended_sessions(now=now)
        responses = delete_old_responses(now=now)
        if options["verbosity"] > 1 or pictures or files or sessions or responses:
            self.stdout.write(f"Swept {pictures} pictures, {files} files, {sessions} sessions, {responses} responses.")
