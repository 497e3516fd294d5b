"""The scaled set-up through nginx: the list and one picture beside bare views under the same gunicorn, in turn, and
ratios of medians. `bench.beside` has its other figures.

`wrk` asks (Debian has it): what Python can ask is far less than what nginx can answer.
"""

import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg

from bench.installed import has_wrk
from bench.lists import FILL, POSTGRES_MOMENT, Client
from bench.one_command import UNREACHED
from bench.uploads import CLIENTS, FORM, _form, distinct
from tests.server import Server, free_port
from tests.stack.stack import DEFAULTS, NGINX_CONF, Nginx, Stack

ROUNDS = 7
SECONDS = 3
PICTURES = 2000
WEBP = "image/webp,*/*;q=0.8"
# Tests do not need what the server of a service has by default.
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def asked(url: str, *headers: str, connections: int = 8) -> float:
    """Requests a second that were answered, each with 200."""
    options = [option for header in headers for option in ("-H", header)]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "30s", *options, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    found = re.search(r"Requests/sec:\s+([0-9.]+)", said)
    assert found
    return float(found[1])


def compare(title: str, ours: Callable[[], float], theirs: Callable[[], float], goal: str) -> None:
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    each = sorted(round(first / second * 100) for first, second in pairs)
    print(
        f"{title}: {one:9.1f}/s beside {other:9.1f}/s: {one / other:.0%} {goal}, rounds from {each[0]} to {each[-1]} %"
    )


class Scaled(Stack):
    """The set-up that is measured: one gunicorn with a process for each core, one worker, pictures on the disk, and a
    database that flushes."""

    def start(self, **env: str) -> None:
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            for name in DURABLE:
                connection.execute(f"ALTER SYSTEM SET {name} = on")  # type: ignore[arg-type]
            connection.execute("SELECT pg_reload_conf()")
        super().start(**env)


def scaled(folder: Path, **env: str) -> Scaled:
    return Scaled(
        folder,
        webs=1,
        web_workers=os.cpu_count() or 1,
        workers=1,
        stored=False,
        ALBUMEN_NGINX_PATIENCE="60s",
        **UNREACHED,
        **env,
    )


def fill(stack: Stack, user: int) -> None:
    """PICTURES of this user."""
    stack.sql(FILL.format(zeros="0" * 150, moment=POSTGRES_MOMENT), PICTURES, user)
    stack.sql("ANALYZE")


def _reads(stack: Stack, bare_url: str, token: str, user: int) -> None:
    fill(stack, user)
    [(one,)] = stack.sql("SELECT max(id) FROM library_picture")
    signed = f"Authorization: {token}"
    for title, ours, theirs in (
        ("list of 50, signed in, beside the bare view", "/api/pictures/", f"/bare/?owner={user}"),
        ("one picture, signed in, beside the bare view", f"/api/pictures/{one}/", f"/bare/{one}/"),
    ):
        compare(
            title,
            lambda path=ours: asked(stack.url + path, signed),  # type: ignore[misc]
            lambda path=theirs: asked(bare_url + path),  # type: ignore[misc]
            "(goal for lists: 60 %)",
        )


def uploader(server: Server, photos: list[bytes]) -> Callable[[int, int], None]:
    """Return what each of CLIENTS does for an upload; all users of the server get the plan with two thumbnails."""
    tokens = [server.register(f"client{number}").headers["Authorization"] for number in range(CLIENTS)]
    server.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
    clients = [Client(server, token) for token in tokens]

    def upload(worker: int, number: int) -> None:
        clients[worker].post("/api/pictures/", _form(distinct(photos[number % len(photos)])), FORM)

    return upload


def run() -> None:
    if not has_wrk():
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        stack = scaled(root / "stack")
        bare_port = free_port()
        values = {"LISTEN": f"127.0.0.1:{bare_port}", "DIR": str(root / "bare/nginx"), "WS": "server 127.0.0.1:1;"}
        bare = None
        try:
            stack.start()
            port = stack.start_bare("bench.bare")
            values["WEB"] = f"server 127.0.0.1:{port};"
            named = {f"ALBUMEN_NGINX_{name}": value for name, value in values.items()}
            bare = Nginx(root / "bare", NGINX_CONF.read_text(), DEFAULTS | named)
            bare.start()
            alice = stack.register("alice")
            token, user = alice.headers["Authorization"], alice.user["id"]  # type: ignore[attr-defined]
            stack.sql("UPDATE accounts_user SET plan_id = (SELECT id FROM plans_plan WHERE name = 'Premium')")
            _reads(stack, f"http://127.0.0.1:{bare_port}", token, user)
        finally:
            if bare is not None:
                bare.stop()
            stack.remove()


if __name__ == "__main__":
    run()
