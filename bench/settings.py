"""The service with the kinds of work that tests have, one of which does nothing."""

from albumen.web.settings import *  # noqa: F403

TASK_TABLE = "tests.tasks.table"
