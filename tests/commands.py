"""Commands of `manage.py`, run as processes whose settings are those of the test alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.server import ROOT

# The least that the service starts with in production.
PRODUCTION = {
    "ALBUMEN_ENV": "production",
    "ALBUMEN_SECRET_KEY": "k3H9-x0Qz7LmPw2VbT5yRc8NdJf4GsAe1UiOhK6",
    "ALBUMEN_ALLOWED_HOSTS": "pictures.example.com",
}

# Runs `main` of manage.py for each list of arguments on standard input, and prints a status and an output for each.
IN_TURN = """
import contextlib, io, json, sys, traceback
import manage
done = []
for arguments in json.load(sys.stdin):
    sys.argv = ["manage.py", *arguments]
    output, status = io.StringIO(), 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            manage.main()
        except SystemExit as end:
            # As the interpreter does it: a text is printed, and its status is 1.
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
            if isinstance(end.code, str):
                print(end.code)
        except Exception:
            traceback.print_exc()
            status = 1
    done.append((status, output.getvalue()))
print(json.dumps(done))
"""


def plain_environment() -> dict[str, str]:
    """Return the environment of the tests without any setting of the service."""
    ours = ("ALBUMEN_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run_python(
    *arguments: str, data_dir: Path, standard_input: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run Python in the checkout with a data folder and these settings."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**plain_environment(), "ALBUMEN_DATA_DIR": str(data_dir), **env},
        input=standard_input,
        capture_output=True,
        text=True,
        timeout=120,
    )


def manage(data_dir: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """Run one command in a process of its own, on SQLite unless DATABASE_URL is given. Return its exit status, and
    what it printed."""
    done = run_python("manage.py", *arguments, data_dir=data_dir, **{"DATABASE_URL": "", **env})
    return done.returncode, done.stdout + done.stderr


def manage_in_turn(data_dir: Path, *lines: str, **env: str) -> dict[str, tuple[int, str]]:
    """Run several commands in one process, because each start of Django takes a second. Return for each line its exit
    status, and what it printed. The settings are read once, for the first of them."""
    arguments = json.dumps([line.split() for line in lines])
    done = run_python("-c", IN_TURN, data_dir=data_dir, standard_input=arguments, **{"DATABASE_URL": "", **env})
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(zip(lines, json.loads(done.stdout), strict=True))
