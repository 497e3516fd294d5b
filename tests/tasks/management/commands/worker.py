"""The service's own worker, with the kinds of work that tests need."""

from albumen.web.management.commands import worker
from tests.tasks import table


class Command(worker.Command):
    handlers = table.HANDLERS
    schedules = table.SCHEDULES
