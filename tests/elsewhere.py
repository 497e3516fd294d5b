"""Pictures that are on another server."""

import functools
import http.server
import threading
from pathlib import Path
from typing import Any


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Not into the tests' output."""


class Elsewhere:
    """Another server, which has some pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        handler = functools.partial(Quiet, directory=folder)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.pair = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, name: str, content: bytes) -> str:
        """Answers the file's address."""
        (self.folder / name).write_bytes(content)
        return f"http://{self.pair}/{name}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
