"""Directus on SQLite beside the scaled set-up through nginx, on one machine and in turn. By hand, since it takes an
installation of Directus and the Node that it wants:

    mkdir directus; cd directus; npm init -y; npm install directus
    DIRECTUS_DIR=.../directus python -m bench.directus      # with that node first on PATH, and wrk

The same photos, the same fields, as many rows, WebP of the same height. Nothing of Directus limits or logs meanwhile.
"""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson

from bench.photos import make_photo
from bench.stack import PICTURES, SECONDS, asked, compare, fill, hot_thumbnail, scaled, uploader
from bench.uploads import BOUNDARY, CLIENTS, HEIGHTS, _form, _rate
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


class Directus:
    """One process, as `directus start` makes it, with a database and files of its own."""

    def __init__(self, installed: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = ["node", str(installed / "node_modules/directus/cli.js")]
        self._folder = folder
        folder.mkdir()
        self._env = {
            **os.environ,
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
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)

    def start(self) -> None:
        log = (self._folder / "log").open("wb")
        here: dict[str, Any] = {"cwd": self._folder, "env": self._env, "stdout": log, "stderr": log}
        subprocess.run([*self._command, "bootstrap"], check=True, **here)
        self._process = subprocess.Popen([*self._command, "start"], **here)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.client.get("/server/ping").raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.2)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def fill(self) -> None:
        number = {"is_primary_key": True, "has_auto_increment": True}
        fields = [
            {"field": "id", "type": "integer", "schema": number, "meta": {}},
            *({"field": name, "type": kind, "schema": {}, "meta": {}} for name, kind in TYPES.items()),
        ]
        made = {"collection": "pictures", "schema": {}, "meta": {}, "fields": fields}
        answer = self.client.post("/collections", json=made)
        assert answer.is_success, answer.text
        row = dict.fromkeys(TYPES) | {
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
        for start in range(0, PICTURES, 50):
            rows = [row | {"name": f"Picture {number}"} for number in range(start, start + 50)]
            self.client.post("/items/pictures", json=rows).raise_for_status()

    def ready_thumbnail(self, photo: Path) -> str:
        made = self.client.post("/files", files={"file": ("photo.jpg", photo.read_bytes(), "image/jpeg")})
        url = f"{self.url}/assets/{made.raise_for_status().json()['data']['id']}?height=200&format=webp"
        self.client.get(url).raise_for_status()
        return url

    def uploader(self, photos: list[Path]) -> Callable[[int, int], None]:
        """An upload here makes no thumbnail, so both are asked for."""
        connections = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=60) for _ in range(CLIENTS)]
        plain = 'name="image"; filename="photo.jpg"\r\n'
        bodies = [
            _form(photo.read_bytes()).replace(plain.encode(), f"{plain}Content-Type: image/jpeg\r\n".encode(), 1)
            for photo in photos
        ]
        signed = {"Authorization": f"Bearer {TOKEN}"}

        def ask(connection: http.client.HTTPConnection, *asked: Any) -> bytes:
            connection.request(*asked)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == http.HTTPStatus.OK, text
            return text

        def upload(worker: int, number: int) -> None:
            connection = connections[worker]
            form = {**signed, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
            made = orjson.loads(ask(connection, "POST", "/files", bodies[number % len(bodies)], form))
            for height in HEIGHTS:
                address = f"/assets/{made['data']['id']}?height={height}&format=webp"
                ask(connection, "GET", address, None, signed)

        return upload


def _settled(upload: Callable[[int, int], None]) -> float:
    """Uploads a second. What the other one has left unwritten goes to the disk before, for a flush waits for it all,
    and only one of the two flushes what it answers."""
    os.sync()
    return _rate(CLIENTS, upload)


def run() -> None:
    installed = os.environ.get("DIRECTUS_DIR")
    if not installed:
        sys.exit("DIRECTUS_DIR says where Directus is installed; see the head of this file.")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        stack = scaled(root / "stack")
        directus = Directus(Path(installed), root / "directus")
        try:
            stack.start()
            directus.start()
            directus.fill()
            photos = [make_photo(root / f"photo-{seed}.jpg", seed=seed) for seed in range(4)]
            alice: Any = stack.register("alice")
            token = alice.headers["Authorization"]
            stack.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
            fill(stack, alice.user["id"])
            ours, _ = hot_thumbnail(stack, token, photos[0])
            theirs = directus.ready_thumbnail(photos[0])
            theirs_signed = f"Authorization: Bearer {TOKEN}"
            print(f"in turn, {SECONDS} s a round; Directus is the second one")
            compare(
                "list of 50, signed in",
                lambda: asked(f"{stack.url}/api/pictures/", f"Authorization: {token}"),
                lambda: asked(f"{directus.url}/items/pictures?limit=50&sort=-created_at", theirs_signed),
                "(goal: 600 %)",
            )
            compare(
                "ready thumbnail",
                lambda: asked(ours, "Accept: image/webp", connections=32),
                lambda: asked(theirs, theirs_signed, connections=32),
                "(goal: 10,000 %)",
            )
            upload, upload_there = uploader(stack, photos), directus.uploader(photos)
            _rate(CLIENTS, upload)
            _rate(CLIENTS, upload_there)
            compare(
                f"12 MP upload with two thumbnails, {CLIENTS} clients",
                lambda: _settled(upload),
                lambda: _settled(upload_there),
                "(goal: 240 %)",
            )
        finally:
            directus.stop()
            stack.remove()


if __name__ == "__main__":
    run()
