"""Directus on SQLite, as `directus start` makes it. Nothing of it limits or logs, and an administrator asks: what is
cheapest for it."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench.lists import Client
from bench.one_command import shipped_environment
from bench.uploads import CLIENTS, FORM, HEIGHTS, _form, distinct
from tests.server import free_port

PASSWORD = "correct horse battery staple"
TOKEN = "a-token-that-does-not-end"
TYPES = {
    "name": "string",
    "description": "text",
    "owner": "integer",
    "source": "string",
    "image_url": "string",
    "width": "integer",
    "height": "integer",
    "format": "string",
    "bytes": "integer",
    "sha256": "string",
    "taken_at": "timestamp",
    "placeholder": "text",
    "created_at": "timestamp",
    "updated_at": "timestamp",
}
# What the rows of both have in common; PocketBase's are the same.
ROW: dict[str, object] = dict.fromkeys(TYPES) | {
    "description": "",
    "owner": 1,
    "source": "upload",
    "width": 4000,
    "height": 3000,
    "format": "jpeg",
    "bytes": 2_700_000,
    "sha256": "0" * 64,
    "placeholder": "0" * 150,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}


class Directus:
    """One process with a database and files of its own."""

    def __init__(self, command: list[str | Path], folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = command
        self._folder = folder
        folder.mkdir()
        env = {
            **shipped_environment(),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DB_CLIENT": "sqlite3",
            "DB_FILENAME": str(folder / "data.db"),
            "SECRET": "0" * 32,
            "ADMIN_EMAIL": "dana@example.com",
            "ADMIN_PASSWORD": PASSWORD,
            "ADMIN_TOKEN": TOKEN,
            "TELEMETRY": "false",
            "RATE_LIMITER_ENABLED": "false",
            "PRESSURE_LIMITER_ENABLED": "false",
            "CACHE_ENABLED": "false",
            "LOG_LEVEL": "error",
            "STORAGE_LOCATIONS": "local",
            "STORAGE_LOCAL_ROOT": str(folder / "uploads"),
        }
        self._here: dict[str, Any] = {"cwd": folder, "env": env}
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def bootstrap(self) -> None:
        """Make its database."""
        subprocess.run([*self._command, "bootstrap"], check=True, capture_output=True, **self._here)

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            command = [*self._command, "start"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self._here)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client.get("/server/ping").raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def fill(self, count: int) -> None:
        """Make the collection with so many rows."""
        number = {"is_primary_key": True, "has_auto_increment": True}
        fields = [
            {"field": "id", "type": "integer", "schema": number, "meta": {}},
            *({"field": name, "type": kind, "schema": {}, "meta": {}} for name, kind in TYPES.items()),
        ]
        made = {"collection": "pictures", "schema": {}, "meta": {}, "fields": fields}
        answer = self.client.post("/collections", json=made)
        assert answer.is_success, answer.text
        for start in range(0, count, 50):
            rows = [ROW | {"name": f"Picture {number}"} for number in range(start, start + 50)]
            self.client.post("/items/pictures", json=rows).raise_for_status()

    def ready_thumbnail(self, photo: bytes) -> str:
        made = self.client.post("/files", files={"file": ("photo.jpg", photo, "image/jpeg")})
        url = f"{self.url}/assets/{made.raise_for_status().json()['data']['id']}?height=200&format=webp"
        self.client.get(url).raise_for_status()
        return url

    def uploader(self, photos: list[bytes]) -> Callable[[int, int], None]:
        """An upload here makes no thumbnail, so both are asked for."""
        clients = [Client(self, f"Bearer {TOKEN}") for _ in range(CLIENTS)]

        def upload(worker: int, number: int) -> None:
            photo = distinct(photos[number % len(photos)])
            made = orjson.loads(clients[worker].post("/files", _form(photo), FORM))
            for height in HEIGHTS:
                clients[worker].get(f"/assets/{made['data']['id']}?height={height}&format=webp")

        return upload
