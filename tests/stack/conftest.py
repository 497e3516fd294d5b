"""One scaled set-up for all tests of it, and pieces of it alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import Unavailable
from tests.server import free_port, until_ready
from tests.stack.stack import DEFAULTS, NGINX_CONF, Nginx, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Ready for everything, with a worker at work."""
    try:
        stack = Stack(tmp_path_factory.mktemp("stack") / "stack", DJANGO_SETTINGS_MODULE="tests.stack.settings")
    except Unavailable as reason:
        pytest.skip(f"PostgreSQL cannot be started here: {reason}")
    try:
        stack.start()
        until_ready(stack)
        yield stack
    finally:
        stack.remove()


@pytest.fixture
def nginx_before(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Starts nginx alone before some port, and returns its own port."""
    started = []

    def start(port: int, **values: str) -> int:
        own = free_port()
        server = f"server 127.0.0.1:{port};"
        given = {"LISTEN": f"127.0.0.1:{own}", "DIR": str(tmp_path / "nginx"), "WEB": server, "WS": server} | values
        filled = DEFAULTS | {f"ALBUMEN_NGINX_{name}": value for name, value in given.items()}
        nginx = Nginx(tmp_path, NGINX_CONF.read_text(), filled)
        nginx.start()
        started.append(nginx)
        return own

    yield start
    for nginx in started:
        nginx.stop()
