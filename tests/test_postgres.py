"""The PostgreSQL that tests bring along goes when it is told to."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.server import ROOT


def test_it_ends_with_sigterm_and_leaves_nothing() -> None:
    command = [sys.executable, "-m", "tests.postgres"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        url = watcher.stdout.readline().strip()
        if not url.startswith("postgres://"):
            pytest.skip(f"PostgreSQL cannot be started here: {url}")
        cluster = Path(parse_qs(urlsplit(url).query)["host"][0])
        server = int((cluster / "postmaster.pid").read_text().split()[0])
        watcher.terminate()
        watcher.wait(timeout=60)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
    assert not cluster.parent.exists()
