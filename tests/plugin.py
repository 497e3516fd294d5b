"""Chooses the database before pytest-django reads the settings: with ALBUMEN_TEST_DATABASE=postgres, PostgreSQL. It
starts once; pytest-xdist's workers have its URL from their parent, and make a database each there."""

import gc
import os
from functools import cache
from typing import Any

import httpx
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.once import run_folder
from tests.postgres import Postgres, Unavailable

# Folders and files whose tests share servers, or a browser: each runs in one process, so that these start once.
TOGETHER = (
    "tests/background/",
    "tests/http/accounts/test_guessing_at_once.py",
    "tests/http/test_plans.py",
    "tests/stack/",
    "tests/storage/",
    "tests/tasks/",
    "tests/test_browser.py",
    "tests/test_logs.py",
)
_started: list[Postgres] = []

# It reads all certificates that the machine trusts for each client, and for each call without one: 20 ms of work for
# nothing, since tests speak plain HTTP on loopback. What would shorten it is an environment that servers inherit.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)  # type: ignore[attr-defined]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    wanted = os.environ.get("ALBUMEN_TEST_DATABASE", "sqlite")
    if wanted not in ("sqlite", "postgres"):
        raise pytest.UsageError("ALBUMEN_TEST_DATABASE is sqlite or postgres.")
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    run_folder()
    # Not that of somebody's environment or .env file.
    os.environ["DATABASE_URL"] = ""
    if wanted == "postgres":
        try:
            _started.append(Postgres())
        except Unavailable as reason:
            raise pytest.UsageError(f"PostgreSQL cannot be started here: {reason}") from None
        os.environ["DATABASE_URL"] = _started[0].url


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: about a third of the time is spent waiting for servers."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


class Grouped(LoadScopeScheduling):
    """Gives a process one test after another, and each of `TOGETHER` as a whole; the largest of these first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in TOGETHER if nodeid.startswith(group)), nodeid)


# The mark xdist_group does not do it: pytest 9.2 ignores the names that xdist gives to tests with this mark.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return Grouped(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that nobody waits for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through the whole of Django and of the tests, again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    while _started:
        _started.pop().stop()
