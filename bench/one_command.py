"""`make run` in a fresh data folder, with the settings that ship but one: a throttle that no bench reaches."""

import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import httpx

from tests.commands import plain_environment
from tests.server import ROOT, Server

# It counts each request, and lets all of them pass.
UNREACHED = {"ALBUMEN_RATE_API": "100000000/minute"}


def shipped_environment() -> dict[str, str]:
    """Return the environment of this process without settings of the service, of make, and of Python and libvips."""
    ours = ("MAKE", "MFLAGS", "PYTHONDONTWRITEBYTECODE", "VIPS_CONCURRENCY", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in plain_environment().items() if not name.startswith(ours)}


def memory(session: int) -> float:
    """Return the proportional set size of all processes of a session, in MB."""
    kilobytes = 0
    for folder in Path("/proc").glob("[0-9]*"):
        # Others' processes, and those that end meanwhile, are not ours.
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(") ")[2].split()[3]) == session:
                found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
                kilobytes += int(found[1]) if found else 0
    return kilobytes * 1024 / 1e6


def fresh_checkout(folder: Path) -> Path:
    """Return a copy of this checkout as it is now, without what the tests install: packages of the tests would be
    imported by others that can use them."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in tracked.split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


class OneCommand(Server):
    """`make run` in this checkout, in a session of its own."""

    def __init__(self, checkout: Path, data_dir: Path) -> None:
        super().__init__(data_dir)
        self._checkout = checkout
        data = {"ALBUMEN_DATA_DIR": str(data_dir), "HOST": "127.0.0.1", "PORT": str(self.port)}
        self.env = shipped_environment() | UNREACHED | data
        self.postgres = ""

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self, **env: str) -> None:
        """Start it, and wait for its first answer."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["make", "run"], cwd=self._checkout, env=self.env | env, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 300
        while True:
            with suppress(httpx.TransportError):
                httpx.get(f"{self.url}/api/plans/", timeout=5)
                return
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def stop(self, sig: int = signal.SIGINT) -> int | None:
        """End all of it, as Ctrl-C in a terminal does."""
        if self.process is None:
            return None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, sig)
        status = self.process.wait(timeout=60)
        self.process = None
        return status
