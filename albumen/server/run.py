"""uvicorn with the settings of this service."""

import os
import socket
import sys
from contextlib import suppress

import uvicorn
from uvicorn.server import STARTUP_FAILURE

from albumen.server.protocols import HttpProtocol

STOP_SECONDS = 20


def run(application: str, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish the requests that have begun, for at most `STOP_SECONDS`."""
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
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=_sockets_of_systemd())
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _sockets_of_systemd() -> list[socket.socket] | None:
    """Return what systemd listens on for this process (sd_listen_fds(3)); None where uvicorn is to listen."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    return [socket.socket(fileno=number) for number in range(3, 3 + int(os.environ.get("LISTEN_FDS", "0")))] or None
