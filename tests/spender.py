"""`python -m tests.spender` counts API requests of one user, as a process of the service does. For each line on its
standard input, `COUNT THREADS`, it prints how many were allowed and the longest Retry-After of the others."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.server import ROOT


class Spender:
    """A running process of these."""

    def __init__(self, data_dir: Path, rate: str, redis_url: str) -> None:
        env = {"ALBUMEN_DATA_DIR": str(data_dir), "ALBUMEN_RATE_API": rate, "REDIS_URL": redis_url}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.spender"],
            cwd=ROOT,
            env=os.environ | env | {"DJANGO_SETTINGS_MODULE": "albumen.web.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, count: int, threads: int = 8) -> None:
        assert self.process.stdin is not None
        print(count, threads, file=self.process.stdin, flush=True)

    def result(self) -> tuple[int, int]:
        assert self.process.stdout is not None
        allowed, wait = self.process.stdout.readline().split()
        return int(allowed), int(wait)

    def spend(self, count: int, threads: int = 8) -> tuple[int, int]:
        self.begin(count, threads)
        return self.result()

    def stop(self) -> None:
        self.process.communicate(timeout=60)


def main() -> None:
    import django

    django.setup()
    from albumen import rates
    from albumen.errors import LimitReached

    def wait_of(_: int) -> int:
        try:
            rates.spend("api", "user 1")
        except LimitReached as refusal:
            return refusal.retry_after
        return 0

    for line in sys.stdin:
        count, threads = map(int, line.split())
        with ThreadPoolExecutor(threads) as pool:
            waits = list(pool.map(wait_of, range(count)))
        print(waits.count(0), max(waits, default=0), flush=True)


if __name__ == "__main__":
    main()
