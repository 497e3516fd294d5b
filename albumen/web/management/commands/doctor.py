"""Say what is wrong with this installation, and how to mend it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from albumen.operations import doctor


class Command(BaseCommand):
    help = "Check the configuration and everything that it names. Exit status 1 when there is a problem."
    # What the checks of Django would stop at is what this is for.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        styles = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "problem": self.style.ERROR}
        problems = 0
        for name, finding in doctor.examine():
            problems += finding.level == "problem"
            self.stdout.write(f"{styles[finding.level](f'{finding.level:8}')} {name}: {finding.text}")
            if finding.remedy:
                self.stdout.write(f"         > {finding.remedy}")
        if problems:
            raise CommandError(f"{problems} {'problem' if problems == 1 else 'problems'}.")
