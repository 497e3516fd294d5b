"""What several files on accounts share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


@pytest.fixture
def rate(settings: Any) -> Callable[..., None]:
    """Sets limits as the environment would: `rate(login="5/min")`."""

    def limit(**limits: str) -> None:
        settings.RATES = settings.RATES | limits

    return limit


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Makes the same call so many times at once; answers what came of each."""

    def run(call: Callable[[int], Any], times: int) -> list[Any]:
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(call, range(times)))

    return run
