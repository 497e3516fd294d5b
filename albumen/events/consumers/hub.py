"""One for each process: which sockets are open, whether there is something new for them, and whether their logins
still hold. Everything here runs in the event loop, but what asks the database: that has threads of its own, so that
sockets never take those of HTTP."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import close_old_connections
from django.utils import timezone

from albumen.errors import LimitReached, Unauthenticated
from albumen.events.consumers import listener
from albumen.events.services import last_numbers, wakeup

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
SOCKETS_A_USER = 50
# Sockets that nobody has signed in on yet, for 10 s each.
WAITING_SOCKETS = 1000
WAITING_SOCKETS_AN_ADDRESS = 100
# A ring is a hint that may be missed: the log is looked into this often without any.
LOOK_SECONDS = 1.0
CHECK_SECONDS = 2.0
logger = logging.getLogger(__name__)


class Login(Protocol):
    """What a socket rests on. `key` names it to `still_signed_in`."""

    @property
    def user_id(self) -> int: ...
    @property
    def key(self) -> Any: ...
    @property
    def until(self) -> datetime: ...


class Socket(Protocol):
    login: Any

    def advance(self, last: int) -> None: ...
    async def refuse(self, error: Any) -> None: ...


class Hub:
    def __init__(self, still_signed_in: Callable[[Collection[Any]], Collection[Hashable]]) -> None:
        """`still_signed_in` answers which of the logins with these keys hold; it is asked every two seconds."""
        self._still_signed_in = still_signed_in
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="events")
        self._sockets: dict[int, set[Socket]] = {}
        self._waiting: Counter[str] = Counter()
        self._rung = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function answers that reads the database."""

        def work() -> T:
            close_old_connections()
            try:
                return question(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def admit(self, address: str) -> bool:
        """Whether there is room for one more that nobody has signed in on, for this client address and for all."""
        if self._waiting.total() >= WAITING_SOCKETS or self._waiting[address] >= WAITING_SOCKETS_AN_ADDRESS:
            return False
        self._waiting[address] += 1
        return True

    def settle(self, address: str) -> None:
        """It was signed in on, or is gone."""
        self._waiting -= Counter({address: 1})  # What falls to zero is forgotten.

    def join(self, socket: Socket) -> None:
        """From now on it is told; `LimitReached` where its user has too many already."""
        own = self._sockets.setdefault(socket.login.user_id, set())
        if len(own) >= SOCKETS_A_USER:
            raise LimitReached(1, f"You have {SOCKETS_A_USER} sockets open: close one of them first.")
        own.add(socket)
        if not self._tasks:
            for work in (self._tell, self._check):
                self.spawn(work(), self._tasks)

    def leave(self, socket: Socket) -> None:
        own = self._sockets.get(socket.login.user_id, set())
        own.discard(socket)
        if not own:
            self._sockets.pop(socket.login.user_id, None)
        if not self._sockets:
            for task in self._tasks:
                task.cancel()
            self._tasks = set()

    def ring(self) -> None:
        """Look into the log for everybody, soon."""
        self._rung.set()

    @staticmethod
    def spawn(work: Any, tasks: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        """Start a task and keep it until it is done: the loop itself would forget it."""
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    async def _tell(self) -> None:
        loop = asyncio.get_running_loop()

        def ring_from_elsewhere() -> None:
            # A server that stops has closed its loop, while threads still commit.
            if not self._rung.is_set():
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._rung.set)

        wakeup.listen(ring_from_elsewhere)
        ended = listener.start(ring_from_elsewhere)
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._rung.wait()
                self._rung.clear()
                try:
                    newest = await self.ask(last_numbers, list(self._sockets))
                except Exception:
                    logger.exception("The log cannot be read; sockets wait.")
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
                for user_id, last in newest.items():
                    for socket in self._sockets.get(user_id, ()):
                        socket.advance(last)
        finally:
            ended.set()
            wakeup.unlisten(ring_from_elsewhere)

    async def _check(self) -> None:
        closing: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            sockets = [socket for own in self._sockets.values() for socket in own]
            asked = {socket.login.key for socket in sockets}
            try:
                held = await self.ask(self._still_signed_in, asked)
            except Exception:
                logger.exception("Logins cannot be checked; sockets stay open.")
                continue
            now = timezone.now()
            for socket in sockets:
                # Whoever has signed in anew meanwhile is looked at the next time.
                if (socket.login.key in asked and socket.login.key not in held) or socket.login.until <= now:
                    error = Unauthenticated("session_ended", "This login is over. Sign in again.")
                    self.spawn(socket.refuse(error), closing)
