"""The service with less patience, for workers that are gone and clients that are slow or many: for short forms of
tests."""

from albumen.web.settings import *  # noqa: F403

TASK_SECONDS = {**TASK_SECONDS, "lease": 4.0, "tick": 0.5}  # noqa: F405
STALLED_SECONDS = 3.0
HEAD_SECONDS = 3.0
MOST_CONNECTIONS = 60
