"""uvicorn with the settings of this service."""

import asyncio
import os
import resource
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from django.conf import settings
from uvicorn.server import STARTUP_FAILURE

from albumen.server.protocols import HttpProtocol

STOP_SECONDS = 20
# How long a thread may run, at the end, while another one waits for the interpreter.
SWITCH_SECONDS = 0.00005
# The process asks for no more open files: a program that closes all that it may have inherited takes long over many.
OPEN_FILES = 65_536


class _Server(uvicorn.Server):
    """uvicorn's server, which accepts the connections that are waiting before it stops listening.

    Otherwise the kernel would reset them, and a proxy does not send a POST on such a connection to another process: it
    cannot know that nothing was done.
    """

    def __init__(self, config: uvicorn.Config, when_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_listening = when_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Other threads get the interpreter for shorter turns, so that little time passes between the last look for a
        # connection and the close.
        sys.setswitchinterval(SWITCH_SECONDS)
        # asyncio drops connections that it has accepted, but not set up, when it stops listening.
        await asyncio.sleep(0)
        listeners = [listener.dup() for server in self.servers for listener in server.sockets]
        for server in self.servers:
            server.close()
        for listener in listeners:
            listener.setblocking(False)
            with listener, suppress(BlockingIOError):
                for _ in range(self.config.backlog):
                    connection, _ = listener.accept()
                    await asyncio.get_running_loop().connect_accepted_socket(self._make_protocol, connection)
        await super().shutdown(sockets)

    def _make_protocol(self) -> HttpProtocol:
        return HttpProtocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def run(application: str, *, host: str, port: int, when_listening: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the requests that have begun, for at most `STOP_SECONDS`. Call
    `when_listening` as soon as connections are accepted."""
    files = _raise_open_files()
    # The other half is for what requests open: files, connections to the database, decoders.
    HttpProtocol.most_connections = min(settings.MOST_CONNECTIONS, files // 2)
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=HttpProtocol,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        # A compressor for each socket would cost more memory than all the rest.
        ws_per_message_deflate=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=STOP_SECONDS,
        # So many connections are accepted before the protocol can close others.
        backlog=min(2048, files // 8),
    )
    server = _Server(config, when_listening)
    with suppress(KeyboardInterrupt):
        server.run(sockets=_sockets_of_systemd())
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _raise_open_files() -> int:
    """Let this process open as many files as it may, up to OPEN_FILES, and return how many those are."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (OPEN_FILES if limit == resource.RLIM_INFINITY else limit for limit in limits)
    wanted = min(hard, OPEN_FILES)
    if soft >= wanted:
        return soft
    with suppress(OSError, ValueError):
        # macOS allows fewer than its hard limit says.
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, limits[1]))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _sockets_of_systemd() -> list[socket.socket] | None:
    """Return what systemd listens on for this process (sd_listen_fds(3)); None where uvicorn is to listen."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    return [socket.socket(fileno=number) for number in range(3, 3 + int(os.environ.get("LISTEN_FDS", "0")))] or None
