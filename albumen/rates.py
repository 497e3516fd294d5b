"""Rate limits: atomic counters in fixed windows, keyed by whatever must be limited."""

import ipaddress
import re
import threading
import time
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
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from albumen.errors import LimitReached

_PERIODS: dict[str, type[RateLimitItem]] = {
    "s": RateLimitItemPerSecond,
    "m": RateLimitItemPerMinute,
    "h": RateLimitItemPerHour,
    "d": RateLimitItemPerDay,
}
_RATE = re.compile(r"([1-9][0-9]{0,8}) */ *(?:([smhd])|(sec|second|min|minute|hour|day)s?)", re.IGNORECASE)
_limiter = FixedWindowRateLimiter(MemoryStorage())
# The library's memory storage drops counts while another thread makes the first one.
_one_at_a_time = threading.Lock()


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
    """Count one attempt under `settings.RATES[rate]`, `times` as generous; `LimitReached` when there were too many."""
    limit = parse_rate(settings.RATES[rate], times)
    if limit is None:
        return
    with _one_at_a_time:
        if _limiter.hit(limit, rate, *key):
            return
        reset = _limiter.get_window_stats(limit, rate, *key).reset_time
    raise LimitReached(max(1, round(reset - time.time())))


def refund(rate: str, *key: str, times: int = 1) -> None:
    """Take one counted attempt back: it turned out to be rightful."""
    limit = parse_rate(settings.RATES[rate], times)
    if limit is not None:
        with _one_at_a_time:
            _limiter.hit(limit, rate, *key, cost=-1)


def client_address(request: HttpRequest | None) -> str:
    """The address to hold responsible: an IPv4 address, or the /64 network of an IPv6 one.

    X-Forwarded-For is a client's own invention save for the entries that trusted proxies appended.
    """
    if request is None:
        return "unknown"
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        entries = [entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        entries = [entry for entry in entries if entry]
        if entries:
            text = entries[-min(settings.TRUSTED_PROXIES, len(entries))]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
