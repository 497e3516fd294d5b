"""One WebSocket: its login, and the events that are sent on it. docs/asyncapi.yaml describes the messages."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
from django.utils.translation import override

from albumen.errors import DomainError, Gone, Invalid, LimitReached, Unauthenticated
from albumen.events.consumers.hub import Hub, Login
from albumen.events.services import events_after, last_number
from albumen.languages import translated
from albumen.querying import MAX_ID
from albumen.sentences import Sentence

SIGN_IN_SECONDS = 10
# A browser with a session cookie need not send a message: after this time without one, the cookie signs it in.
COOKIE_SECONDS = 0.5
# A client that takes longer to accept one message is disconnected; it may connect again and resume.
SEND_SECONDS = 10
BATCH = 100
MESSAGES, MESSAGES_SECONDS = 200, 10.0
CLOSE_CODES: dict[type[DomainError], int] = {Invalid: 4400, Unauthenticated: 4401, Gone: 4410, LimitReached: 4429}
FAILED = 1011
SIGN_IN_FIRST = Sentence("Send {'type': 'auth', 'access': ...} within 10 seconds.")
SECOND_LOGIN = Sentence("A second `auth` renews the login of the same user, and goes on where the socket is.")
logger = logging.getLogger(__name__)


class EventSocket:
    """A WebSocket connection, from its handshake until it is closed, over ASGI's `receive` and `send`.

    `find_login` is called in a thread with an access token or, for the request's session cookie, with None. It returns
    the login or raises `Unauthenticated`. `address` is the client's address, `language` that of error messages.
    """

    def __init__(
        self,
        hub: Hub,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
        *,
        find_login: Callable[[str | None], Login],
        address: str,
        has_cookie: bool,
        language: str,
    ) -> None:
        self.login: Login | None = None
        self._hub, self._receive, self._send = hub, receive, send
        self._find_login, self._address, self._has_cookie = find_login, address, has_cookie
        self._language = language
        self._holds_slot = self._ready = self._ended = False
        self._sent = self._last = 0
        self._sender: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._signing_in = asyncio.Lock()
        self._window, self._count = 0.0, 0

    async def run(self) -> None:
        """Serve the connection until either side closes it."""
        await self._receive()  # "websocket.connect"
        self._holds_slot = self._hub.take_slot(self._address)
        if not self._holds_slot:
            await self._send({"type": "websocket.close"})
            return
        try:
            await self._send({"type": "websocket.accept"})
            self._hub.spawn(self._require_login(), self._tasks)
            if self._has_cookie:
                self._hub.spawn(self._sign_in_by_cookie(), self._tasks)
            self._reader = self._hub.spawn(self._read(), self._tasks)
            await asyncio.wait([self._reader])
        finally:
            self._ended = True
            for task in self._tasks:
                task.cancel()
            self._release_slot()
            self._hub.leave(self)

    async def _read(self) -> None:
        while (message := await self._receive())["type"] == "websocket.receive":
            if self._ended:
                continue
            async with self._ending_on_errors():
                content = self._parse(message.get("text"))
                if content["type"] == "ping":
                    await self._say({"type": "pong"})
                else:
                    await self._sign_in(content.get("access"), content.get("after"))

    def _parse(self, text: str | None) -> dict[str, Any]:
        """Return the message once it is validated. Raise `Invalid` for a malformed one, and `LimitReached` after too
        many."""
        now = asyncio.get_running_loop().time()
        if now - self._window > MESSAGES_SECONDS:
            self._window, self._count = now, 0
        self._count += 1
        if self._count > MESSAGES:
            raise LimitReached(int(MESSAGES_SECONDS), "Too many messages. Wait, then connect again.")
        try:
            message = orjson.loads(text or "")
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict) or message.get("type") not in ("auth", "ping"):
            raise Invalid("malformed_message", "Send JSON objects whose `type` is `auth` or `ping`.")
        access, after = message.get("access"), message.get("after")
        if not (access is None or isinstance(access, str)):
            raise Invalid("malformed_message", "`access` is the access token, a string.")
        if not (after is None or (type(after) is int and 0 <= after <= MAX_ID)):
            raise Invalid("malformed_message", "`after` is the id of an event, or 0.")
        return message

    async def _require_login(self) -> None:
        await asyncio.sleep(SIGN_IN_SECONDS)
        if self.login is None:
            await self.refuse(Unauthenticated(detail=SIGN_IN_FIRST))

    async def _sign_in_by_cookie(self) -> None:
        await asyncio.sleep(COOKIE_SECONDS)
        if self.login is None:
            async with self._ending_on_errors():
                with suppress(DomainError):  # The client may still send a token.
                    await self._sign_in(None, None)

    async def _sign_in(self, access: str | None, after: int | None) -> None:
        async with self._signing_in:
            if self.login is not None and access is None and after is None:
                return  # The client has sent a message, which signed it in, while the cookie waited.
            login = await self._hub.ask(self._find_login, access)
            if self._ended:
                return
            if self.login is None:
                await self._open(login, after)
                return
            if login.user_id != self.login.user_id or after is not None:
                raise Invalid("malformed_message", SECOND_LOGIN)
            self.login = login
            await self._say({"type": "ready", "last": self._last})

    async def _open(self, login: Login, after: int | None) -> None:
        if after is None:
            last = await self._hub.ask(last_number, login.user_id)
        else:
            last = (await self._hub.ask(events_after, user_id=login.user_id, after=after, limit=1)).last
        if self._ended:
            return
        self._hub.join(self, login.user_id)
        self.login = login
        self._release_slot()
        self._sent = self._last = last if after is None else after
        await self._say({"type": "ready", "last": last})
        self._ready = True
        self.advance(last)
        # Events may have been committed after `last` was read and before the socket joined the hub.
        self._hub.wake()

    def advance(self, last: int) -> None:
        """Send the events up to this number that were not sent yet, in a task of their own."""
        if not self._ready or self._ended or last <= self._last:
            return
        self._last = last
        if self._sender is None or self._sender.done():
            self._sender = self._hub.spawn(self._send_missing(), self._tasks)

    async def _send_missing(self) -> None:
        async with self._ending_on_errors():
            while self._sent < self._last and self.login is not None:
                page = await self._hub.ask(events_after, user_id=self.login.user_id, after=self._sent, limit=BATCH)
                for event in page.events:
                    head = {"type": "event", "id": event.number, "event": event.type}
                    await self._say({**head, "at": event.at, "data": event.data})
                    self._sent = event.number

    async def refuse(self, error: DomainError) -> None:
        """Send the error, and close the connection with the code of its family."""
        with override(self._language):
            detail = translated(error.detail)
        message: dict[str, Any] = {"type": "error", "code": error.code, "detail": detail}
        if isinstance(error, Gone) and error.oldest is not None:
            message["oldest"] = error.oldest
        code = next((CLOSE_CODES[family] for family in type(error).__mro__ if family in CLOSE_CODES), FAILED)
        await self._close(code, message)

    async def _close(self, code: int, message: dict[str, Any] | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        if self._sender is not None and self._sender is not asyncio.current_task():
            self._sender.cancel()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if message is not None:
                    await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})
                await self._send({"type": "websocket.close", "code": code})
        except OSError:
            self._drop()

    async def _say(self, message: dict[str, Any]) -> None:
        if not self._ended:
            text = orjson.dumps(message, option=orjson.OPT_UTC_Z).decode()
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.send", "text": text})

    @asynccontextmanager
    async def _ending_on_errors(self) -> AsyncIterator[None]:
        try:
            yield
        except DomainError as error:
            await self.refuse(error)
        except OSError:  # The client is gone, or does not read (`TimeoutError` is an `OSError`).
            self._drop()
        except Exception:
            logger.exception("A WebSocket failed, and is closed.")
            await self._close(FAILED)

    def _drop(self) -> None:
        """End the connection without a closing message, which the client would not read."""
        self._ended = True
        if self._reader is not None:
            self._reader.cancel()

    def _release_slot(self) -> None:
        if self._holds_slot:
            self._holds_slot = False
            self._hub.release_slot(self._address)
