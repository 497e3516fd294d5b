"""A real server process on loopback, with a data folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from functools import cache
from pathlib import Path

import httpx

from albumen.web import bootstrap
from tests import postgres
from tests.once import once, run_folder

ROOT = Path(__file__).resolve().parents[1]
NO_LIMITS = {
    f"ALBUMEN_RATE_{name}": "0"
    for name in ("LOGIN", "REGISTER", "RESET", "VERIFY", "INVITE", "INVITE_ORGANIZATION", "API")
}


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@cache
def _migrated() -> Path:
    """Return the path of a fresh SQLite database, to be copied."""
    folder = run_folder() / "migrated"
    once("sqlite", lambda: _migrate(folder, ""))
    return folder / "albumen.sqlite3"


@cache
def _migrated_on(server_url: str) -> str:
    """Return the name of a fresh PostgreSQL database, to be copied; it goes with its server."""
    name = "migrated"
    once(name, lambda: _migrate(run_folder() / "none", postgres.create_database(server_url, name)))
    return name


def _migrate(data_dir: Path, database_url: str) -> None:
    env = {**os.environ, "ALBUMEN_DATA_DIR": str(data_dir), "DATABASE_URL": database_url}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)


class Server:
    """`manage.py serve` on a free port. If the environment's DATABASE_URL is of a PostgreSQL server, it has a database
    of its own there, which `remove` drops."""

    def __init__(self, data_dir: Path, **env: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            **NO_LIMITS,
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "ALBUMEN_DATA_DIR": str(data_dir),
            # A worker is one more process to start: tests of background work ask for it.
            "ALBUMEN_WORKERS": "0",
            **env,
        }
        self.postgres = "" if "DATABASE_URL" in env else os.environ.get("DATABASE_URL", "")
        self.database = f"server_{uuid.uuid4().hex}"
        self._made = False
        if self.postgres:
            self.env["DATABASE_URL"] = postgres.database_url(self.postgres, self.database)
        self.process: subprocess.Popen[bytes] | None = None
        self.log = data_dir.parent / f"{data_dir.name}.log"

    def manage(self, *arguments: str, **env: str) -> str:
        """Run one management command to its end, and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env | env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *options: str, **env: str) -> None:
        """Make the database unless it is there, start the server with these options, and wait until it answers."""
        self.migrate()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *options], cwd=ROOT, env=self.env | env, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                httpx.get(f"{self.url}/api/plans/", timeout=5)
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"The server did not answer: {self.log.read_text()}")

    def migrate(self) -> None:
        """Make the database, a copy of one that was migrated once for all tests."""
        if self.postgres:
            if not self._made:
                postgres.create_database(self.postgres, self.database, template=_migrated_on(self.postgres))
                self._made = True
                # `manage.py migrate` would leave a key, too.
                bootstrap.secret_key(self.data_dir, kept=True)
            return
        if self.env.get("DATABASE_URL"):
            self.manage("migrate", "--verbosity", "0")
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if not (place := self.data_dir / "albumen.sqlite3").exists():
            shutil.copyfile(_migrated(), place)

    def stop(self, sig: int = signal.SIGINT) -> int | None:
        """End the server as Ctrl-C would, and return the exit status, None if it did not run."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        status = self.process.wait(timeout=60)
        self.process = None
        return status

    def remove(self) -> None:
        """End the server, and drop its database."""
        self.stop()
        if self.postgres:
            postgres.drop_database(self.postgres, self.database)

    def register(self, name: str, password: str = "correct horse battery staple") -> httpx.Client:
        """Register somebody, and return a client that is logged in as them."""
        email = f"{name}-{time.monotonic_ns()}@example.com"
        body = {"email": email, "password": password}
        assert httpx.post(f"{self.url}/api/register/", json=body, timeout=30).status_code == 201
        tokens = httpx.post(f"{self.url}/api/login/", json=body, timeout=30).json()
        client = httpx.Client(base_url=self.url, timeout=60)
        client.headers["Authorization"] = f"Bearer {tokens['access']}"
        client.email, client.user = email, tokens["user"]  # type: ignore[attr-defined]
        return client

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Execute SQL in the server's database, and return the rows. `?` stands for a value."""
        if url := self.env.get("DATABASE_URL"):
            import psycopg

            with psycopg.connect(url) as linked:
                # As SQLite has it: JSON comes as its text.
                linked.adapters.register_loader("jsonb", psycopg.types.string.TextLoader)
                cursor = linked.execute(statement.replace("%", "%%").replace("?", "%s"), values)  # type: ignore[arg-type]
                return cursor.fetchall() if cursor.description else []
        import sqlite3

        with sqlite3.connect(self.data_dir / "albumen.sqlite3", timeout=20) as connection:
            return connection.execute(statement, values).fetchall()


def until_ready(server: Server) -> None:
    """Wait for the server's worker, which takes a moment longer to start than the server."""
    deadline = time.monotonic() + 60
    while (answer := httpx.get(f"{server.url}/readyz", timeout=30)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.3)


def let_in(owner: httpx.Client, organization: int, person: httpx.Client, role: str = "viewer") -> None:
    """Invite a person to an organization, and accept for them; both are clients of `Server.register`."""
    body = {"user": person.user["id"], "role": role}  # type: ignore[attr-defined]
    answer = owner.post(f"/api/organizations/{organization}/invitations/", json=body)
    assert answer.status_code == 201, answer.text
    assert person.post(f"/api/invitations/{answer.json()['id']}/accept/").status_code == 200
