#!/usr/bin/env python
"""Django's command line for Albumen."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from albumen.operations import data_folder, installation

    try:
        installation.require(sys.argv[1:])
        if installation.writes_data(sys.argv[1:]):
            data_folder.keep_private()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The message says what to change; a trace would only hide it.
        sys.exit(f"problem  settings: {error}")


if __name__ == "__main__":
    main()
