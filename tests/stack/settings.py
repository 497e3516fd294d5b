"""The service with less patience for slow bodies."""

from albumen.web.settings import *  # noqa: F403

STALLED_SECONDS = 4.0
