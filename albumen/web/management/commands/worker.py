"""Work on tasks, and start periodic work."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from albumen import imaging
from albumen.operations import migrations
from albumen.tasks.jobs.worker import work
from albumen.web import task_types


class Command(BaseCommand):
    help = "Work on background tasks until Ctrl-C. `serve` starts one; more may run here and on other machines."
    # They load every URL and view, which a worker needs for nothing; `serve` and `manage.py check` run them.
    requires_system_checks: list[str] = []
    handlers = task_types.HANDLERS
    schedules = task_types.SCHEDULES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="Tasks at a time (default: 2).")
        parser.add_argument("--tied", action="store_true", help="End when standard input does, with the parent.")

    def handle(self, *args: Any, **options: Any) -> None:
        if migrations.are_missing():
            self.check_migrations()
        try:
            work(self.handlers, self.schedules, concurrency=options["concurrency"], tied=options["tied"])
        finally:
            imaging.shutdown()
