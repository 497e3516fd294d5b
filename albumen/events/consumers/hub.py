"""The open sockets of one process. The hub wakes them for new events, and closes those whose login has ended.

Everything here runs in the event loop except queries, which have a thread pool of their own, so that sockets leave the
threads of HTTP free.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, ParamSpec, Protocol, TypeVar

from django.db import close_old_connections
from django.utils import timezone

from albumen.errors import DomainError, LimitReached, Unauthenticated
from albumen.events.consumers import listener
from albumen.events.services import last_numbers
from albumen.sentences import Sentence

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
SOCKETS_A_USER = 50
# Slots for sockets that wait for their sign-in, at most 10 s each.
SLOTS = 1000
SLOTS_AN_ADDRESS = 100
# Notifications may be lost, so the log is read at this interval without one.
LOOK_SECONDS = 1.0
CHECK_SECONDS = 2.0
logger = logging.getLogger(__name__)


class Login(Protocol):
    """The login of a socket. `key` identifies it to `valid_logins`, and `until` is when it expires."""

    @property
    def user_id(self) -> int: ...
    @property
    def key(self) -> Hashable: ...
    @property
    def until(self) -> datetime: ...


class Socket(Protocol):
    """What the hub needs of an `EventSocket`."""

    login: Login | None

    def advance(self, last: int) -> None: ...
    async def refuse(self, error: DomainError) -> None: ...


class Hub:
    """The sockets of one process, by user, and the two tasks that watch the log and the logins while there are any."""

    def __init__(self, valid_logins: Callable[[Collection[Any]], Collection[Hashable]]) -> None:
        """`valid_logins` is given the keys of logins, and returns those of them that are still valid."""
        self._valid_logins = valid_logins
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="events")
        self._sockets: dict[int, set[Socket]] = {}
        self._slots: Counter[str] = Counter()
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that queries the database in a thread of the pool, and return its result."""

        def work() -> T:
            close_old_connections()
            try:
                return question(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def take_slot(self, address: str) -> bool:
        """Take a slot for a socket that waits for its sign-in. Return False when this client address, or all clients
        together, have taken as many as allowed."""
        if self._slots.total() >= SLOTS or self._slots[address] >= SLOTS_AN_ADDRESS:
            return False
        self._slots[address] += 1
        return True

    def release_slot(self, address: str) -> None:
        """Give the slot back of a socket that has signed in or is closed."""
        self._slots -= Counter({address: 1})  # This also drops addresses whose count is zero.

    def join(self, socket: Socket, user_id: int) -> None:
        """Wake the socket for this user's events from now on. Raise `LimitReached` when the user has too many
        sockets."""
        own = self._sockets.setdefault(user_id, set())
        if len(own) >= SOCKETS_A_USER:
            detail = Sentence("You have %(most)s sockets open: close one of them first.", most=SOCKETS_A_USER)
            raise LimitReached(1, detail)
        own.add(socket)
        if not self._tasks:
            for work in (self._watch_log, self._watch_logins):
                self.spawn(work(), self._tasks)

    def leave(self, socket: Socket) -> None:
        """Forget the socket, if it has joined."""
        if socket.login is None:
            return
        own = self._sockets.get(socket.login.user_id, set())
        own.discard(socket)
        if not own:
            self._sockets.pop(socket.login.user_id, None)
        if not self._sockets:
            for task in self._tasks:
                task.cancel()
            self._tasks = set()

    def wake(self) -> None:
        """Read the log soon, for all sockets."""
        self._woken.set()

    @staticmethod
    def spawn(work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        """Start a task, and keep it in `tasks` until it is done, because the event loop keeps only a weak
        reference."""
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return task

    async def _watch_log(self) -> None:
        loop = asyncio.get_running_loop()

        def wake_from_thread() -> None:
            # While the server stops, its loop may be closed before this thread ends.
            if not self._woken.is_set():
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._woken.set)

        ended = listener.start(wake_from_thread)
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
                self._woken.clear()
                try:
                    newest = await self.ask(last_numbers, list(self._sockets))
                except Exception:
                    logger.exception("The log of events could not be read; it is read again in a second.")
                    await asyncio.sleep(LOOK_SECONDS)
                    continue
                for user_id, last in newest.items():
                    for socket in self._sockets.get(user_id, ()):
                        socket.advance(last)
        finally:
            ended.set()

    async def _watch_logins(self) -> None:
        closing: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            logins = {
                socket: socket.login for own in self._sockets.values() for socket in own if socket.login is not None
            }
            try:
                valid = await self.ask(self._valid_logins, {login.key for login in logins.values()})
            except Exception:
                logger.exception("The logins of sockets could not be checked; the sockets stay open.")
                continue
            now = timezone.now()
            for socket, login in logins.items():
                # A socket that has renewed its login meanwhile is checked in the next round.
                if socket.login is login and (login.key not in valid or login.until <= now):
                    error = Unauthenticated("session_ended")
                    self.spawn(socket.refuse(error), closing)
