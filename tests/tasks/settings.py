"""The service with kinds of work that tests need, and with less patience."""

from albumen.web.settings import *  # noqa: F403

TASK_TABLE = "tests.tasks.table"
TASK_SECONDS = {"lease": 3.0, "tick": 0.3, "poll": 0.05, "back_off": 0.2, "redeliver": 1.5, "stop": 2.0, "turn": 1.0}
