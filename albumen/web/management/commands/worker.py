"""Work on tasks, and do what the clock asks for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from albumen import imaging
from albumen.tasks.jobs.worker import work


class Command(BaseCommand):
    help = "Work on background tasks until Ctrl-C. `serve` starts one; more may run here and on other machines."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="Tasks at a time (default: 2).")
        parser.add_argument("--tied", action="store_true", help="End when standard input does, with one's parent.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            work(concurrency=options["concurrency"], tied=options["tied"])
        finally:
            imaging.shutdown()
