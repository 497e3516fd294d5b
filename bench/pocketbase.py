"""PocketBase as it is installed: one process, SQLite, a log of requests in a database of its own, no limits."""

import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import orjson

from bench.lists import Client
from bench.uploads import CLIENTS, FORM, HEIGHTS, _form, distinct
from tests.server import free_port

ADMIN = {"identity": "dana@example.com", "password": "correct horse battery staple"}
ALICE = {"identity": "alice@example.com", "password": "correct horse battery staple"}
OWN_ROWS = "owner = @request.auth.id"
KINDS = {"owner": "relation", "width": "number", "height": "number", "bytes": "number"} | dict.fromkeys(
    ("taken_at", "created_at", "updated_at"), "date"
)


class PocketBase:
    """One process with a database and files of its own, and Alice, who is signed in."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._program, self._folder = program, folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            command: list[str | Path] = [
                self._program,
                "serve",
                "--dir",
                self._folder / "data",
                "--http",
                f"127.0.0.1:{self.port}",
            ]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{self.url}/api/health").raise_for_status()
                return
            except httpx.HTTPError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def fill(self, row: dict[str, object], count: int, heights: list[int]) -> None:
        """Make the collection with `count` rows of Alice's, and every thumbnail height that will be asked for."""
        upsert: list[str | Path] = ["superuser", "upsert", *ADMIN.values(), "--dir", self._folder / "data"]
        subprocess.run([self._program, *upsert], check=True, capture_output=True)
        self.start()
        with httpx.Client(base_url=f"{self.url}/api", timeout=60) as client:
            client.headers["Authorization"] = self._sign_in(client, "_superusers", ADMIN)[1]
            fields: list[dict[str, object]] = [{"name": name, "type": KINDS.get(name, "text")} for name in row]
            for field in fields:
                if field["name"] == "owner":
                    field |= {"collectionId": client.get("/collections/users").json()["id"], "maxSelect": 1}
            thumbs = [f"0x{height}" for height in heights]
            fields.append({"name": "image", "type": "file", "maxSelect": 1, "maxSize": 50_000_000, "thumbs": thumbs})
            rules = dict.fromkeys(("listRule", "viewRule", "createRule"), OWN_ROWS)
            index = ["CREATE INDEX pictures_of_owner ON pictures (owner, created_at, id)"]
            made = {"name": "pictures", "type": "base", "fields": fields, "indexes": index, **rules}
            client.post("/collections", json=made).raise_for_status()
            person = {"email": ALICE["identity"], "password": ALICE["password"], "passwordConfirm": ALICE["password"]}
            client.post("/collections/users/records", json=person).raise_for_status()
            alice, self.token = self._sign_in(client, "users", ALICE)
        self.alice = alice
        # Its API would write them one by one.
        self.stop()
        row = {name: "" if value is None else value for name, value in row.items()} | {"owner": alice}
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        with sqlite3.connect(self._folder / "data/data.db") as database:
            database.executemany(
                f"INSERT INTO pictures (id, {columns}) VALUES (?, {marks})",  # noqa: S608
                [(f"{number:015}", *(row | {"name": f"Picture {number}"}).values()) for number in range(count)],
            )
        database.close()
        self.start()

    def _sign_in(self, client: httpx.Client, collection: str, who: dict[str, str]) -> tuple[str, str]:
        answer = client.post(f"/collections/{collection}/auth-with-password", json=who).raise_for_status().json()
        return answer["record"]["id"], answer["token"]

    def upload(self, client: Client, photo: bytes) -> str:
        """Return where the file is; a thumbnail of it is made when it is asked for."""
        made = orjson.loads(client.post("/api/collections/pictures/records", _form(photo, owner=self.alice), FORM))
        return f"/api/files/pictures/{made['id']}/{made['image']}"

    def uploader(self, photos: list[bytes]) -> Callable[[int, int], None]:
        """An upload here makes no thumbnail, so both are asked for."""
        clients = [Client(self, self.token) for _ in range(CLIENTS)]

        def upload(worker: int, number: int) -> None:
            place = self.upload(clients[worker], distinct(photos[number % len(photos)]))
            for height in HEIGHTS:
                clients[worker].get(f"{place}?thumb=0x{height}")

        return upload
