"""uvicorn, with an end that fails nobody's request."""

import asyncio
import ctypes
import os
import socket
import struct
import sys
from contextlib import suppress

import uvicorn
from uvicorn.server import STARTUP_FAILURE, ServerState

from albumen.server.protocols import LINGER_SECONDS, Protocol, WebSocketProtocol

STOP_SECONDS = 20
# Of Linux: asm-generic/socket.h and linux/bpf_common.h.
SO_ATTACH_FILTER = 26
BPF_RETURN = 0x06


def run(application: str, *, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C, and then what was asked before."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=Protocol,
        ws=WebSocketProtocol,
        ws_max_size=64 * 1024,
        # A compressor for each socket would cost more memory than all the rest.
        ws_per_message_deflate=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run(sockets=_given())
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _given() -> list[socket.socket] | None:
    """What systemd listens on for this process (sd_listen_fds(3)); None where it is to listen by itself."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    return [socket.socket(fileno=number) for number in range(3, 3 + int(os.environ.get("LISTEN_FDS", "0")))] or None


class State(ServerState):
    """What connections know of their server."""

    ending = False


class Server(uvicorn.Server):
    """uvicorn drops the connections that wait to be accepted when it ends, and closes those that are kept alive, also
    where a request is on its way on them. Here they are answered, with `Connection: close`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = State()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.server_state.ending = True  # type: ignore[attr-defined]
        # Copies stay open when the loop closes its own. Where systemd listens, the next process answers who waits.
        own = [] if sockets else [one for server in self.servers for one in server.sockets]
        waiting = [socket.socket(fileno=os.dup(one.fileno())) for one in own]
        for server in self.servers:
            server.close()
        for listener in waiting:
            await self._accept_the_rest(listener)
        deadline = asyncio.get_running_loop().time() + LINGER_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)

    async def _accept_the_rest(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        _refuse_new(listener)
        accepted = []
        with listener, suppress(BlockingIOError):
            while True:
                accepted.append(listener.accept()[0])
        for connection in accepted:
            connection.setblocking(False)
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        return Protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def _refuse_new(listener: socket.socket) -> None:
    """Let no further connection into the queue while the last ones are taken out of it: those would be reset when it
    closes, though their clients have sent something. Linux drops what a filter rejects, and clients knock again."""
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RETURN, 0, 0, 0))
    program = struct.pack("HP", 1, ctypes.addressof(nothing))
    if sys.platform == "linux":
        with suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
