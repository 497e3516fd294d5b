"""Metrics for Prometheus: requests are counted as they end, everything else is measured at each scrape.

Several processes add up their counts through files in ALBUMEN_METRICS_DIR.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.dispatch import receiver

if settings.METRICS_DIR:
    # prometheus_client reads this when it is imported.
    Path(settings.METRICS_DIR).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = settings.METRICS_DIR

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from albumen import imaging, places
from albumen.operations import readiness

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_requests = Counter("albumen_requests", "Requests with a response.", ["method", "route", "status"])
_seconds = Histogram(
    "albumen_request_seconds",
    "Until the head of the response.",
    ["method", "route"],
    buckets=_BUCKETS,
)
_decoders = Gauge("albumen_decoders_busy", "Decoders at work.", multiprocess_mode="livesum")
_decoders_all = Gauge("albumen_decoders", "The most decoders that can be at work.", multiprocess_mode="livesum")
_places = Gauge("albumen_places_taken", "Places that requests hold.", ["places"], multiprocess_mode="livesum")
_refused = Counter("albumen_places_refused", "Requests that got no place.", ["places", "reason"])
sockets = Gauge("albumen_sockets", "Open WebSockets.", multiprocess_mode="livesum")


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. `route` is the URL pattern and never the path, because each value makes a new series."""
    counter, histogram = _series(method if method in _METHODS else "other", route, status)
    counter.inc()
    histogram.observe(seconds)
    if settings.METRICS_DIR:
        _measure()


@lru_cache(maxsize=1024)
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts and what times such requests. To find them by their labels takes longer than to count."""
    return _requests.labels(method, route, str(status)), _seconds.labels(method, route)


def _measure() -> None:
    _decoders.set(imaging.count_busy_decoders())
    for name, some in places.by_name.items():
        _places.labels(name).set(some.taken)


@receiver(places.refused)
def _count_refusal(sender: object, name: str, reason: str, **_: object) -> None:
    _refused.labels(name, reason).inc()


class _PartsCollector(Collector):
    """Collects the parts of the service at each scrape: whether each is up, and what its check measured."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("albumen_part_up", "1 when the part works.", labels=["part"])
        states = readiness.report()
        for state in states:
            up.add_metric([state.name], float(state.ok))
        yield up
        for state in states:
            for name, value in state.figures.items():
                yield GaugeMetricFamily(f"albumen_{state.name}_{name}", f"See {state.name} in /readyz.", value=value)

    def describe(self) -> list[Metric]:
        return []


REGISTRY.register(_PartsCollector())


def exposition(accept: str) -> tuple[bytes, str]:
    """Return all metrics and their media type, in the format that the header `accept` prefers."""
    _measure()
    _decoders_all.set(settings.DECODERS)
    registry = REGISTRY
    if settings.METRICS_DIR:
        registry = CollectorRegistry()
        _forget_dead_processes(Path(settings.METRICS_DIR))
        MultiProcessCollector(registry)
        registry.register(_PartsCollector())
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _forget_dead_processes(folder: Path) -> None:
    """Remove the gauges of processes that have died. Their counters stay."""
    for process in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process)
        except PermissionError:
            continue
