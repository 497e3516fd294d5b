"""Places: how many requests of this process may use something slow at the same time, and how they share it.

Whatever waits for another server or for a decoder needs a place, so that the other threads stay free. Each process
counts for itself. What runs outside of a request, such as a task, needs no place.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.dispatch import Signal

from albumen.errors import LimitReached, Unavailable

RETRY_SECONDS = 5
# Half of the threads. Who is alone gets half of these, and browsers open six connections to a host, so 12 if there are
# so few threads that half would be less.
SIZE = min(settings.THREADS * 3 // 4, max(12, settings.THREADS // 2))
# Who waits on the event loop costs little: so many requests may, for so long.
QUEUED = 1024
QUEUE_SECONDS = 30.0
# Who makes the request: "user 7" or "address 192.0.2.1"; None outside of a request.
current_client: ContextVar[Callable[[], str] | None] = ContextVar("current_client", default=None)
# Sent with the `name` of the places and a `reason`: "share" for 429, "all" for 503.
refused = Signal()
by_name: "dict[str, Places]" = {}
_Ticket = Future[None]


def client_of_user(user_id: int) -> str:
    """Return the client that a user is, whatever the address and the login."""
    return f"user {user_id}"


def client_of_address(address: str) -> str:
    """Return the client that everybody at an address is who is not signed in."""
    return f"address {address}"


class Places:
    """`size` places. The requests of `at_once` of them work, at most `each` of one client; the others wait for up to
    `seconds`, and the clients take turns.

    A client may take a place only while more places are free than the client has: half of all where nobody else asks,
    fewer beside others. So one place is always left for somebody who has none. Who gets no place is refused at once:
    `LimitReached` if it is for the client's share, `Unavailable` with the code `busy` if no place is free.
    """

    def __init__(self, name: str, *, size: int, at_once: int, each: int, seconds: float, busy: str) -> None:
        self.name = name
        self._size, self._at_once, self._each = max(1, size), max(1, at_once), max(1, each)
        self._seconds = seconds
        self._busy = busy
        self._lock = threading.Lock()
        self._working: Counter[str] = Counter()
        # The first of them is the next whose turn it is.
        self._waiting: dict[str, deque[_Ticket]] = {}
        by_name[name] = self

    @property
    def taken(self) -> int:
        """Return how many places are taken, by requests that work or wait."""
        with self._lock:
            return self._taken()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for the block, after a wait where necessary. Raise `LimitReached` or `Unavailable`."""
        client_of = current_client.get()
        if client_of is None:
            yield
            return
        client = client_of()
        ticket = self._enter(client)
        try:
            if not ticket.done():
                wait_for([ticket], self._seconds)
            self._require_turn(client, ticket)
            yield
        finally:
            self._leave(client, ticket)

    @asynccontextmanager
    async def place_without_thread(self, client: str) -> AsyncIterator[None]:
        """Do the same as `place` on the event loop, so that who waits needs no thread."""
        ticket = self._enter(client)
        try:
            if not ticket.done():
                await asyncio.wait([asyncio.wrap_future(ticket)], timeout=self._seconds)
            self._require_turn(client, ticket)
            yield
        finally:
            self._leave(client, ticket)

    def _enter(self, client: str) -> _Ticket:
        ticket = _Ticket()
        with self._lock:
            free = self._size - self._taken()
            own = self._working[client] + len(self._waiting.get(client, ()))
            if own < free:
                self._waiting.setdefault(client, deque()).append(ticket)
                self._call()
                return ticket
        raise self._refusal(own_share=free > 0)

    def _require_turn(self, client: str, ticket: _Ticket) -> None:
        if not ticket.done():
            raise self._refusal(own_share=self._working[client] >= self._each)

    def _leave(self, client: str, ticket: _Ticket) -> None:
        with self._lock:
            if ticket.done():
                self._working[client] -= 1
            else:
                self._waiting[client].remove(ticket)
            if not self._waiting.get(client, True):
                del self._waiting[client]
            if not self._working[client]:
                del self._working[client]
            self._call()

    def _call(self) -> None:
        """Let those work whose turn it is. The lock is held."""
        while self._working.total() < self._at_once:
            client = next((client for client in self._waiting if self._working[client] < self._each), None)
            if client is None:
                return
            tickets = self._waiting.pop(client)
            self._working[client] += 1
            tickets.popleft().set_result(None)
            if tickets:
                self._waiting[client] = tickets  # behind all others

    def _taken(self) -> int:
        return self._working.total() + sum(map(len, self._waiting.values()))

    def _refusal(self, *, own_share: bool) -> LimitReached | Unavailable:
        refused.send(sender=Places, name=self.name, reason="share" if own_share else "all")
        if own_share:
            return LimitReached(RETRY_SECONDS, code="too_many_at_once")
        return Unavailable(self._busy, retry_after=RETRY_SECONDS)
