"""Counting against limits without asking for each count: a process takes some of a window's counts at a time, a lot,
from a counter that all processes share, and hands them out itself."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import cast

from limits import RateLimitItem

# A lot has at most so many counts, one in SHARE of the limit, and one in SHARE_OF_REST of what was left of the window
# at the last look. So a process strands few: in a window that is nearly used up it takes single counts.
MOST = 20
SHARE = 100
SHARE_OF_REST = 50
# How long a window that is over is kept at least. It must be longer than taking a lot may last.
KEPT_SECONDS = 60.0
# Takes so many counts of a key under a limit. Returns how many were taken in this window by now, possibly more than
# the limit has, and in how many seconds the window ends.
Take = Callable[[RateLimitItem, tuple[str, ...], int], tuple[int, float]]


class _Window:
    """What this process may still hand out of a window, and what it knows of the rest."""

    __slots__ = ("ends", "left", "limit", "rest", "taking")

    def __init__(self, limit: RateLimitItem, now: float) -> None:
        self.limit = limit
        self.left = 0
        # What others may still take, at the last look.
        self.rest = limit.amount
        self.ends = now
        # Whether a thread is taking a lot.
        self.taking = False

    def renew(self, ends: float, left: int, rest: int) -> None:
        self.ends, self.left, self.rest = ends, left, rest

    def lot(self, now: float) -> int:
        rest = self.rest if now < self.ends else self.limit.amount
        return max(1, min(MOST, self.limit.amount // SHARE, rest // SHARE_OF_REST))


class Lots:
    """Counts by key in fixed windows, which begin with their first count. It is safe to use in many threads."""

    def __init__(self, limits: tuple[RateLimitItem, ...], take: Take | None) -> None:
        """Without `take`, this process counts alone."""
        self._limits = limits
        self._take = take
        self._windows: dict[tuple[str, ...], tuple[_Window, ...]] = {}
        self._lock = threading.Lock()
        self._sweep_at = 1000

    def spend(self, *key: str) -> float | None:
        """Count one under each limit, in their order. Return None, or the seconds until the window ends in which
        nothing is left; later limits are not counted then. What `take` raises passes on."""
        if not self._limits:
            return None
        now = monotonic()
        counted = 0
        while True:
            with self._lock:
                windows = self._windows.get(key) or self._begin(key, now)
                for window in windows[counted:] if counted else windows:
                    if now >= window.ends and self._take is None:
                        window.renew(now + window.limit.get_expiry(), window.limit.amount, 0)
                    if now >= window.ends or (not window.left and window.rest > 0):
                        break
                    if not window.left:
                        return window.ends - now
                    window.left -= 1
                    counted += 1
                else:
                    return None
                # While one thread takes a lot, others take single counts: so a process never holds two lots.
                alone = not window.taking
                window.taking = True
                lot = window.lot(now) if alone else 1
            if (seconds := self._refill(key, window, lot, alone=alone)) is not None:
                return seconds
            counted += 1
            if counted == len(self._limits):
                return None

    def _refill(self, key: tuple[str, ...], window: _Window, lot: int, *, alone: bool) -> float | None:
        """Take a lot and count one of it. Return None, or the seconds until the window ends if nothing was left."""
        # Without it, a window is renewed at once, and then has nothing more to take.
        take = cast(Take, self._take)
        # The seconds are added to the time before the call: a lot must not be used after the window's end.
        began = monotonic()
        try:
            taken, seconds = take(window.limit, key, lot)
            rest = window.limit.amount - taken
            got = min(lot, lot + rest)
            if alone:
                with self._lock:
                    window.renew(began + seconds, max(0, got - 1), rest)
        finally:
            if alone:
                window.taking = False
        return None if got > 0 else seconds

    def _begin(self, key: tuple[str, ...], now: float) -> tuple[_Window, ...]:
        """Return new windows for this key. Drop old ones whenever there are twice as many as the last time."""
        if len(self._windows) >= self._sweep_at:
            self._windows = {
                key: windows
                for key, windows in self._windows.items()
                if max(window.ends for window in windows) > now - KEPT_SECONDS
            }
            self._sweep_at = max(1000, 2 * len(self._windows))
        self._windows[key] = windows = tuple(_Window(limit, now) for limit in self._limits)
        return windows
