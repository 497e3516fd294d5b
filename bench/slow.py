"""How much slower ordinary clients are served while 500 others send one byte a second each, through nginx: 250 heads,
and 250 bodies of somebody who is signed in. Each round waits until all of them were dropped. Run as a
program, this goes on with `bench.stall`: one account that keeps the server busy."""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench import stall
from tests.server import ROOT
from tests.stack.stack import Stack

ROUNDS = 5
SECONDS = 10
CLIENTS = 4
SLOW = ("250", "250")
# By then the least patient part has dropped them.
LONGEST = 90


def _asked(stack: Stack, token: str) -> list[float]:
    """Seconds of each request of ordinary clients, who wait a moment between two."""
    taken: list[float] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        ends = time.monotonic() + SECONDS
        while (began := time.monotonic()) < ends:
            connection.request("GET", "/api/pictures/", headers={"Authorization": token})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == http.HTTPStatus.OK
            taken.append(time.monotonic() - began)
            time.sleep(0.02)

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _asked_beside_slow_ones(stack: Stack, token: str) -> list[float]:
    command = [sys.executable, "-m", "tests.stack.slow", str(stack.port), *SLOW, str(LONGEST), token]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as slow:
        time.sleep(2)
        taken = _asked(stack, token)
        assert slow.stdout is not None
        became = json.loads(slow.stdout.read())
    # Every one of them was there all the time, and none for ever.
    assert became["first"] > 2 + SECONDS, became
    assert became["heads"] == {"dropped": int(SLOW[0])}, became
    assert became["bodies"] == {"400, dropped": int(SLOW[1])}, became
    return taken


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(
            Path(folder) / "stack",
            workers=1,
            stored=False,
            ALBUMEN_NGINX_PATIENCE=f"{SECONDS + 6}s",
            ALBUMEN_NGINX_CONNECTIONS="300",
        )
        try:
            stack.start()
            token = stack.register("alice").headers["Authorization"]
            _asked(stack, token)
            pairs = [(_asked(stack, token), _asked_beside_slow_ones(stack, token)) for _ in range(ROUNDS)]
        finally:
            stack.remove()
    each = [(_p99(alone), _p99(beside)) for alone, beside in pairs]
    for title, number in (("alone", 0), ("beside 500 slow clients", 1)):
        middle = statistics.median([seconds for pair in pairs for seconds in pair[number]])
        slowest = statistics.median([one[number] for one in each])
        print(f"{title}: median {middle * 1000:.1f} ms, p99 {slowest * 1000:.1f} ms")
    ratios = sorted(beside / alone for alone, beside in each)
    middle = statistics.median(ratios)
    print(f"p99 beside / alone: {middle:.2f} (goal: at most 2), rounds from {ratios[0]:.2f} to {ratios[-1]:.2f}")


if __name__ == "__main__":
    run()
    stall.run()
