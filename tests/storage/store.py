"""An S3 server as a process on loopback, behind a proxy whose connections a test can cut."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

from tests.server import free_port

KEY, SECRET, BUCKET = "ALBUMENTEST", "a secret/with+all=of%it", "albumen"


class Store:
    """rclone's S3 server, which checks signatures. Tests read and change the files of its folder directly."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / BUCKET
        self.folder.mkdir(parents=True)
        self._port = free_port()
        # Hashing whole files for each listing, and reading folders anew for each call, costs it seconds.
        options = f"--addr 127.0.0.1:{self._port} --dir-cache-time 500ms --etag-hash= --config= --quiet"
        command = [Path(sys.executable).with_name("rclone"), "serve", "s3", *options.split()]
        command += ["--auth-key", f"{KEY},{SECRET}", folder]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.line = Line(self._port)
        self.url = f"s3://{KEY}:{quote(SECRET, safe='')}@127.0.0.1:{self.line.port}/{BUCKET}?scheme=http"
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def notice(self) -> None:
        """Wait until the server has seen changes that were made in its folder."""
        time.sleep(1)

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all objects, also of those that the server hides because they are half written."""
        paths = (path for path in (self.folder / prefix).rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.folder)) for path in paths)

    def stop(self) -> None:
        self.line.close()
        self._process.terminate()
        self._process.wait(timeout=30)


class Line:
    """A TCP proxy from a port of its own to another port, until it is cut.

    `room` is how many bytes of each connection pass before it breaks; None for all of them. `pause`
    is how many seconds each piece of an answer waits before it comes back. `holding` is set once it keeps a PUT back.
    """

    def __init__(self, target: int) -> None:
        self.room: int | None = None
        self.pause = 0.0
        self.holding = threading.Event()
        self.broken = 0
        self._puts_pass = threading.Event()
        self._puts_pass.set()
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, room: int) -> None:
        """Break every open connection, and from now on each new one after `room` bytes."""
        self.room = room
        for end in list(self._ends):
            _shut(end)

    def hold(self) -> None:
        """Hold each PUT back from now on; other requests pass."""
        self.holding.clear()
        self._puts_pass.clear()

    def mend(self) -> None:
        self.room, self.pause = None, 0.0
        self._puts_pass.set()

    def close(self) -> None:
        self._listener.close()
        self.cut(0)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self.room == 0:
                    self.broken += 1
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends |= {near, far}
                threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, bounded: bool) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if bounded and self.room is not None and carried + len(data) > self.room:
                    target.sendall(data[: self.room - carried])
                    self.broken += 1
                    break
                carried += len(data)
                if not bounded:
                    time.sleep(self.pause)
                elif data.startswith(b"PUT ") and not self._puts_pass.is_set():
                    self.holding.set()
                    self._puts_pass.wait()
                target.sendall(data)
        for end in (source, target):
            _shut(end)
            self._ends.discard(end)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
