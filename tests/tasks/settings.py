"""The service with kinds of work that tests need, and with less patience."""

import os

from albumen.web.settings import *  # noqa: F403

# Before the service's own, so that its `worker` command is the one that runs.
INSTALLED_APPS = ["tests.tasks", *INSTALLED_APPS]  # noqa: F405
TASK_SECONDS = {
    "lease": 2.0,
    "tick": 0.3,
    "poll": 0.05,
    "poll_beside_broker": float(os.environ.get("POLL_BESIDE_BROKER", "0.5")),
    "back_off": 0.1,
    "stop": 1.0,
    "turn": 0.5,
}
