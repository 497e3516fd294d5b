"""What one process of a test run makes for all of them."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

# The folder that the processes of one run share; the first sets it, and those that it starts inherit it.
VARIABLE = "TEST_RUN_FOLDER"


@cache
def run_folder() -> Path:
    """Return the folder of this run. The process that makes it removes it when it ends."""
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="albumen-tests-")
        atexit.register(shutil.rmtree, os.environ[VARIABLE], ignore_errors=True)
    return Path(os.environ[VARIABLE])


def once(name: str, make: Callable[[], None]) -> None:
    """Call `make`, unless a process of this run has done so under this name; wait while another one does."""
    with (run_folder() / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_size == 0:
            make()
            lock.write("done")
