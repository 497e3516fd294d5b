"""Say what is wrong with this installation, and how to mend it."""

from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError

from albumen.operations import doctor


class Command(BaseCommand):
    help = "Check the configuration and everything that it names. Exit status 1 when there is a problem."
    # Those of Django itself end a command before it can report anything.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        # One tag at a time, because Django keeps checks in no order.
        for tag in doctor.TAGS:
            for message in checks.run_checks(tags=[tag], include_deployment_checks=True):
                if message.is_serious():
                    word, style = "problem", self.style.ERROR
                elif message.level >= checks.WARNING:
                    word, style = "warning", self.style.WARNING
                else:
                    word, style = "ok", self.style.SUCCESS
                problems += message.is_serious()
                self.stdout.write(f"{style(f'{word:8}')} {tag}: {message.msg}")
                if message.hint:
                    self.stdout.write(f"         > {message.hint}")
        if problems:
            raise CommandError(f"{problems} {'problem' if problems == 1 else 'problems'}.")
