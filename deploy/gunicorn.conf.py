"""gunicorn behind a proxy: `python -m gunicorn --config deploy/gunicorn.conf.py albumen.server.wsgi`, in the checkout.
The proxy passes requests with a body to `manage.py serve`, which drops slow ones; here each would hold a thread.

Each worker process has threads, a pool of connections to the database, and decoders of its own, so the figures here
multiply: workers x (2 x threads + 8) connections, and workers x decoders.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from prometheus_client.multiprocess import mark_process_dead


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{_number('PORT', 8000)}"
workers = _number("WEB_CONCURRENCY", _processors())
worker_class = "gthread"
threads = _number("ALBUMEN_THREADS", 16)
# The settings read the same numbers: the size of the pool of connections, and how many decoders a process may have.
os.environ["ALBUMEN_THREADS"] = str(threads)
if not _number("ALBUMEN_DECODERS", 0):
    os.environ["ALBUMEN_DECODERS"] = str(max(1, _processors() // workers))

# A pool of connections, the threads that keep it and the pipes of decoders do not survive a fork: each worker loads
# the application by itself, which also lets SIGHUP bring in another version of it.
preload_app = False
# Longer than the proxy keeps idle connections, so that it is never the one that is surprised.
keepalive = 75
worker_connections = 512
backlog = 512
# As nginx reads: each line of a head up to 8k.
limit_request_line = limit_request_field_size = 8190
# What runs when SIGTERM comes may take so long; a worker that no longer beats is killed after `timeout`.
graceful_timeout = 25
timeout = 60
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  (for the heartbeats alone)
# Otherwise a socket in the home folder takes commands; containers and services that share the folder fight over it.
control_socket_disable = True
# A line for each request comes from the application, without the addresses, which carry signatures.
accesslog = None
errorlog = "-"
loglevel = "warning"


def on_starting(server: Any) -> None:
    """Metrics of processes that are long gone would be added to those of today."""
    folder = os.environ.get("ALBUMEN_METRICS_DIR")
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(parents=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


def child_exit(server: Any, worker: Any) -> None:
    """What the process had open is open no more."""
    if os.environ.get("ALBUMEN_METRICS_DIR"):
        mark_process_dead(worker.pid)
