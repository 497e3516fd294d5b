"""The service with the kinds of work that tests have, one of which does nothing."""

from albumen.web.settings import *  # noqa: F403

INSTALLED_APPS = ["tests.tasks", *INSTALLED_APPS]  # noqa: F405
