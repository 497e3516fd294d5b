"""Compare rows, files, counts and quotas."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from albumen.library.jobs.integrity import check_integrity


class Command(BaseCommand):
    help = "Compare rows, files, counts and quotas, and check the database itself. Exit status 1 when a fault is left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Mend what can be mended without losing anything.")
        parser.add_argument("--deep", action="store_true", help="Also read every original and compare its sha256.")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = left = 0
        for fault in check_integrity(now=timezone.now(), repair=options["repair"], deep=options["deep"]):
            faults += 1
            left += not fault.mended
            self.stdout.write(f"{'mended' if fault.mended else 'FAULT'}: {fault.text}")
        if left:
            raise CommandError(f"{left} faults are left.")
        self.stdout.write(f"Everything agrees{f', now that {faults} faults are mended' if faults else ''}.")
