"""A store, and a server whose files are there; one of each for all tests."""

from collections.abc import Iterator

import pytest

from tests.server import Server
from tests.storage.store import Store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("store"))
    yield store
    store.stop()


@pytest.fixture(scope="session")
def stored_away(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests, whose files are on S3."""
    server = Server(tmp_path_factory.mktemp("server"), ALBUMEN_STORAGE_URL=store.url)
    server.start()
    yield server
    server.stop()
