"""Rate limits: atomic counters in fixed windows, by any key. They are kept in this process or, for several processes,
in Redis (REDIS_URL). ADR 36 says why requests of the API are counted in lots."""

import ipaddress
import logging
import math
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from albumen.errors import LimitReached, Unavailable
from albumen.lots import Lots

_PERIODS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_RATE = re.compile(r"([1-9][0-9]{0,8}) */ *(?:([smhd])|(sec|second|min|minute|hour|day)s?)", re.IGNORECASE)
REDIS_SECONDS = 0.5
PAUSE_SECONDS = 2.0
# The rates that are counted in lots, and that allow requests uncounted while Redis does not respond. Those that
# protect a secret are counted one by one, and refuse requests then.
_OPEN = frozenset({"api"})
# Adds to the counter of a window, which begins with that if there is none, and returns the count and the milliseconds
# until the window ends. The counters are those of the library, so that processes of the version before count along.
_TAKE = b"""
local count = redis.call("incrby", KEYS[1], ARGV[1])
local left = redis.call("pttl", KEYS[1])
if left < 0 then
    left = tonumber(ARGV[2])
    redis.call("pexpire", KEYS[1], left)
end
return {count, left}
"""
logger = logging.getLogger(__name__)


def _storage() -> MemoryStorage | RedisStorage:
    if not settings.REDIS_URL:
        return MemoryStorage()
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # No retries, so that a request does not wait long for a Redis that does not respond.
    once = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS, "retry": Retry(NoBackoff(), 0)}
    return RedisStorage(settings.REDIS_URL, key_prefix="albumen:rates", wrap_exceptions=True, **once)  # type: ignore[arg-type]


_limiter = FixedWindowRateLimiter(_storage())
# The library's memory storage drops counts while another thread makes the first one.
_one_at_a_time = threading.Lock()
_away_until = 0.0
_lots: dict[tuple[str, int], Lots] = {}


@contextmanager
def _counting() -> Iterator[None]:
    """Access the counters. Raise `StorageError` when Redis does not respond, and for a while after that at once."""
    global _away_until  # noqa: PLW0603 - so that only one thread waits for Redis
    if not settings.REDIS_URL:
        with _one_at_a_time:
            yield
        return
    if time.monotonic() < _away_until:
        raise StorageError(ConnectionError("Redis did not respond a moment ago."))
    try:
        yield
    except StorageError as error:
        _away_until = time.monotonic() + PAUSE_SECONDS
        logger.error(
            "Redis does not respond (%s); the next try is in two seconds.", type(error.storage_error).__name__
        )
        raise


@lru_cache(maxsize=64)
def parse_rate(text: str, times: int = 1) -> tuple[RateLimitItem, ...]:
    """Return the limits that a text like `5/min` or `5/min,30/hour` means, `times` as high; none for `0`. The periods
    are second, minute, hour and day, also in short forms. Raise `ImproperlyConfigured` for any other text."""
    if text.strip() == "0":
        return ()
    matches = [_RATE.fullmatch(part.strip()) for part in text.split(",")]
    if None in matches:
        raise ImproperlyConfigured(f"{text!r} is no rate: write it like 5/min or 5/min,30/hour, or 0 for no limit.")
    limits = [
        parse(f"{int(match[1]) * times}/{_PERIODS[(match[2] or match[3])[0].lower()]}") for match in matches if match
    ]
    return tuple(sorted(limits, key=RateLimitItem.get_expiry))


def spend(rate: str, *key: str, times: int = 1) -> None:
    """Count one attempt under `settings.RATES[rate]`, `times` as high. Raise `LimitReached` after too many.

    While Redis does not respond, requests of the API are not counted, and every other rate raises `Unavailable`.
    """
    # The shortest period first: an attempt that it refuses does not count in the longer ones.
    if rate in _OPEN:
        text = settings.RATES[rate]
        lots = _lots.get((text, times)) or _lots.setdefault((text, times), _make_lots(text, times))
        try:
            seconds = lots.spend(rate, *key)
        except StorageError:
            return
        if seconds is not None:
            raise LimitReached(max(1, math.ceil(seconds)))
        return
    for limit in parse_rate(settings.RATES[rate], times):
        try:
            with _counting():
                if _limiter.hit(limit, rate, *key):
                    continue
                reset = _limiter.get_window_stats(limit, rate, *key).reset_time
        except StorageError:
            raise Unavailable("attempts_not_counted") from None
        raise LimitReached(max(1, round(reset - time.time())))


def _make_lots(text: str, times: int) -> Lots:
    """Return counters for the limits that `parse_rate` returns."""
    storage = _limiter.storage
    if not isinstance(storage, RedisStorage):
        return Lots(parse_rate(text, times), None)
    script = storage.get_connection().register_script(_TAKE)

    def take(limit: RateLimitItem, key: tuple[str, ...], lot: int) -> tuple[int, float]:
        with _counting():
            try:
                taken, left = script([storage.prefixed_key(limit.key_for(*key))], [lot, limit.get_expiry() * 1000])
            except storage.base_exceptions as error:
                raise StorageError(error) from error
        return taken, left / 1000

    return Lots(parse_rate(text, times), take)


def refund(rate: str, *key: str, times: int = 1) -> None:
    """Take back one attempt that was counted, because it has succeeded."""
    for limit in parse_rate(settings.RATES[rate], times):
        with suppress(StorageError), _counting():
            _limiter.hit(limit, rate, *key, cost=-1)


def allows_today(times: int, *key: str) -> bool:
    """Return whether this is one of the first `times` calls with this key within 24 hours, also where nobody knows."""
    try:
        with _counting():
            return _limiter.hit(parse(f"{times}/day"), "today", *key)
    except StorageError:
        return True


def client_address(request: HttpRequest | None) -> str:
    """Return the client's address for counting: an IPv4 address, the /64 network of an IPv6 one, or `unknown`."""
    address = None if request is None else remote_address(request)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return "unknown" if address is None else str(address)


def remote_address(request: HttpRequest) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the client's address, None when it is not known.

    Of X-Forwarded-For only the entries that trusted proxies have appended count, since clients can send it too.
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
