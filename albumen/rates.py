"""Rate limits: atomic counters in fixed windows, keyed by whatever must be limited. They lie in this process, or in
Redis (REDIS_URL) where several processes share them."""

import ipaddress
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
    RateLimitItemPerSecond,
)
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from albumen.errors import LimitReached, Unavailable

_PERIODS: dict[str, type[RateLimitItem]] = {
    "s": RateLimitItemPerSecond,
    "m": RateLimitItemPerMinute,
    "h": RateLimitItemPerHour,
    "d": RateLimitItemPerDay,
}
_RATE = re.compile(r"([1-9][0-9]{0,8}) */ *(?:([smhd])|(sec|second|min|minute|hour|day)s?)", re.IGNORECASE)
REDIS_SECONDS = 0.5
PAUSE_SECONDS = 2.0
# What may go on uncounted while Redis is away. Whatever guards a secret must not.
_OPEN = frozenset({"api"})
logger = logging.getLogger(__name__)


def _storage() -> MemoryStorage | RedisStorage:
    if not settings.REDIS_URL:
        return MemoryStorage()
    # One try, so that a request learns in time that Redis is away.
    once = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS, "retry": Retry(NoBackoff(), 0)}
    return RedisStorage(settings.REDIS_URL, key_prefix="albumen:rates", wrap_exceptions=True, **once)  # type: ignore[arg-type]


_limiter = FixedWindowRateLimiter(_storage())
# The library's memory storage drops counts while another thread makes the first one.
_one_at_a_time = threading.Lock()
_away_until = 0.0


@contextmanager
def _counting() -> Iterator[None]:
    """For one look at the counters. `StorageError` when Redis is away, at once where that is known."""
    global _away_until  # noqa: PLW0603 - what one thread learned spares the others the wait
    if not settings.REDIS_URL:
        with _one_at_a_time:
            yield
        return
    if time.monotonic() < _away_until:
        raise StorageError(ConnectionError("Redis did not answer a moment ago."))
    try:
        yield
    except StorageError as error:
        _away_until = time.monotonic() + PAUSE_SECONDS
        logger.error("Redis does not answer (%s); it is left alone for a moment.", type(error.storage_error).__name__)
        raise


@lru_cache(maxsize=64)
def parse_rate(text: str, times: int = 1) -> RateLimitItem | None:
    """`"5/min"` as a limit (`times` as many), None for `"0"`. Periods: second, minute, hour, day, and short forms."""
    if text.strip() == "0":
        return None
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ImproperlyConfigured(f"{text!r} is no rate: write it like 5/min, or 0 for no limit.")
    period = match[2] or match[3]
    return _PERIODS[period[0].lower()](int(match[1]) * times)


def spend(rate: str, *key: str, times: int = 1) -> None:
    """Count one attempt under `settings.RATES[rate]`, `times` as generous; `LimitReached` when there were too many.

    While Redis is away, calls of the API go on uncounted, and everything else is `Unavailable`.
    """
    limit = parse_rate(settings.RATES[rate], times)
    if limit is None:
        return
    try:
        with _counting():
            if _limiter.hit(limit, rate, *key):
                return
            reset = _limiter.get_window_stats(limit, rate, *key).reset_time
    except StorageError:
        if rate in _OPEN:
            return
        raise Unavailable("attempts_not_counted") from None
    raise LimitReached(max(1, round(reset - time.time())))


def refund(rate: str, *key: str, times: int = 1) -> None:
    """Take one counted attempt back: it turned out to be rightful."""
    limit = parse_rate(settings.RATES[rate], times)
    if limit is not None:
        with suppress(StorageError), _counting():
            _limiter.hit(limit, rate, *key, cost=-1)


def client_address(request: HttpRequest | None) -> str:
    """The address to hold responsible: an IPv4 address, or the /64 network of an IPv6 one."""
    address = None if request is None else remote_address(request)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return "unknown" if address is None else str(address)


def remote_address(request: HttpRequest) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Where the request comes from.

    X-Forwarded-For is a client's own invention save for the entries that trusted proxies appended.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        entries = [entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        entries = [entry for entry in entries if entry]
        if entries:
            text = entries[-min(settings.TRUSTED_PROXIES, len(entries))]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address
