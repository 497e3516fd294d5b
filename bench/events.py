"""How long an event takes from the commit to a socket, written by the web process itself and by another one; and what
an open socket costs in memory."""

import asyncio
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from tests.server import ROOT, Server
from tests.sockets import listening, token_of

ROUNDS = 300
SOCKETS, USERS = 1000, 20

# Says when each album was committed; the clock is one for all processes of a machine.
OTHER_PROCESS = """
import time
from django.utils import timezone
from albumen.accounts.models import User
from albumen.library.services.albums import create_album
actor = User.objects.get(pk={user})
for number in range({rounds}):
    create_album(actor=actor, name=str(number), now=timezone.now())
    print(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)
    time.sleep(0.02)
"""


def _report(title: str, delays: list[float]) -> None:
    delays = sorted(delay * 1000 for delay in delays)
    median, p99 = statistics.median(delays), delays[int(len(delays) * 0.99)]
    print(f"{title}: median {median:6.1f} ms, p99 {p99:6.1f} ms (goals: 50 and 300)")


def _delays(server: Server) -> None:
    client = server.register("alice")
    with listening(server) as ear:
        ear.sign_in(client)
        sent, answered = [], []
        for number in range(ROUNDS):
            begun = time.monotonic()
            assert client.post("/api/albums/", json={"name": str(number)}).status_code == 201
            done = time.monotonic()
            ear.hear()
            heard = time.monotonic()
            sent.append(heard - begun)
            answered.append(heard - done)
        # The commit lies between the two.
        _report("from the request, written by the web process  ", sent)
        _report("from its answer, written by the web process   ", answered)
        script = OTHER_PROCESS.format(user=client.user["id"], rounds=ROUNDS)  # type: ignore[attr-defined]
        command = [sys.executable, "manage.py", "shell", "-c", script]
        heard_at = []
        with subprocess.Popen(command, cwd=ROOT, env=server.env, stdout=subprocess.PIPE, text=True) as process:
            for _ in range(ROUNDS):
                ear.hear(60)
                heard_at.append(time.clock_gettime(time.CLOCK_MONOTONIC))
            assert process.stdout is not None
            lines = [line for line in process.stdout if re.fullmatch(r"[0-9.]+\n", line)]
        committed = [float(line) for line in lines]
        assert len(committed) == ROUNDS
        _report("from the commit, written by another process   ", _between(committed, heard_at))


def _between(earlier: list[float], later: list[float]) -> list[float]:
    return [late - early for early, late in zip(earlier, later, strict=True)]


def _resident(server: Server) -> float:
    assert server.process is not None
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


async def _hold(server: Server, tokens: list[str]) -> None:
    before = _resident(server)
    sockets: list[Any] = []
    for number in range(SOCKETS):
        socket = await connect(f"ws://127.0.0.1:{server.port}/ws/events/", compression=None)
        await socket.send(json.dumps({"type": "auth", "access": tokens[number % USERS]}))
        assert json.loads(await socket.recv())["type"] == "ready"
        sockets.append(socket)
    await asyncio.sleep(5)
    after = _resident(server)
    print(f"{SOCKETS} idle sockets: {after - before:.1f} MB in all (goal: less than 64), from {before:.1f} MB")
    begun = _cpu(server)
    await asyncio.sleep(10)
    print(f"the process with them, doing nothing: {(_cpu(server) - begun) * 10:.1f} % of a core")
    await asyncio.gather(*(socket.close() for socket in sockets))


def _cpu(server: Server) -> float:
    """Seconds of processor time so far."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def run() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        server.start()
        try:
            _delays(server)
            tokens = [token_of(server.register(f"user{number}")) for number in range(USERS)]
            asyncio.run(_hold(server, tokens))
        finally:
            server.stop()


if __name__ == "__main__":
    run()
