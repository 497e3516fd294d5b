"""Another web server, from which the service may fetch pictures."""

import functools
import http.server
import threading
from collections import Counter
from pathlib import Path
from typing import Any


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, counts them, and logs nothing."""

    def __init__(self, *args: Any, fetched: Counter[str], **options: Any) -> None:
        self.fetched = fetched
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        self.fetched[self.path] += 1
        super().do_GET()

    def log_message(self, *args: Any) -> None:
        """Log nothing, to keep the output of the tests clean."""


class Elsewhere:
    """A web server on loopback. `fetched` counts how often each path was asked for; `pair` is its host and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.fetched: Counter[str] = Counter()
        handler = functools.partial(Quiet, directory=folder, fetched=self.fetched)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.pair = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(self, name: str, content: bytes) -> str:
        """Write a file, and return its URL."""
        (self.folder / name).write_bytes(content)
        return f"http://{self.pair}/{name}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
