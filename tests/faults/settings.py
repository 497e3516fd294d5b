"""The service with less patience for a worker that is gone: for the short form of the tests that kill one."""

from albumen.web.settings import *  # noqa: F403

TASK_SECONDS = {**TASK_SECONDS, "lease": 4.0, "tick": 0.5}  # noqa: F405
