"""One socket: who listens, and what they have been sent. The messages are described in docs/asyncapi.yaml."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from albumen.errors import DomainError, Gone, Invalid, LimitReached, Unauthenticated
from albumen.events.consumers.hub import Hub, Login
from albumen.events.services import events_after, last_number
from albumen.querying import MAX_ID

SIGN_IN_SECONDS = 10
# Who has a cookie need not say anything: without a first message, that is what counts.
COOKIE_SECONDS = 0.5
# Who takes this long to accept one message is dropped, and may come back and resume.
SEND_SECONDS = 10
BATCH = 100
MESSAGES, MESSAGES_SECONDS = 200, 10.0
CLOSE_CODES: dict[type[DomainError], int] = {Invalid: 4400, Unauthenticated: 4401, Gone: 4410, LimitReached: 4429}
FAILED = 1011


class EventSocket(AsyncWebsocketConsumer):
    """`sign_in(scope, access)` answers the login behind a token, or behind the request's cookie with None;
    `address_of(scope)` the client's address."""

    def __init__(
        self,
        hub: Hub,
        sign_in: Callable[[Mapping[str, Any], str | None], Login],
        address_of: Callable[[Mapping[str, Any]], str],
    ) -> None:
        super().__init__()
        self.login: Any = None
        self._hub = hub
        self._ask_login, self._address_of = sign_in, address_of
        self._waits = self._ready = self._ended = False
        self._sent = self._last = 0
        self._sender: asyncio.Task[None] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._window, self._count = 0.0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._signing_in = asyncio.Lock()
        try:
            await super().__call__(scope, receive, send)
        except OSError:
            pass  # The client has gone while it was written to.
        finally:
            self._ended = True
            for timer in self._timers:
                timer.cancel()
            for task in self._tasks:
                task.cancel()
            self._settle()
            if self.login is not None:
                self._hub.leave(self)

    async def dispatch(self, message: Any) -> None:
        # Channels would look for old connections in a thread here; this task uses none.
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: Any) -> None:
        raise StopConsumer

    async def connect(self) -> None:
        self._address = self._address_of(self.scope)
        self._waits = self._hub.admit(self._address)
        if not self._waits:
            await self.close()
            return
        await self.accept()
        late = Unauthenticated(detail="Send {'type': 'auth', 'access': ...} within 10 seconds.")
        self._after(SIGN_IN_SECONDS, lambda: self.refuse(late) if self.login is None else None)
        if any(name == b"cookie" for name, _ in self.scope["headers"]):
            self._after(COOKIE_SECONDS, lambda: self._sign_in_by_cookie() if self.login is None else None)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._ended:
            return
        try:
            message = self._read(text_data)
            if message["type"] == "ping":
                await self._say({"type": "pong"})
            else:
                await self._sign_in(message.get("access"), message.get("after"))
        except DomainError as error:
            await self.refuse(error)
        except TimeoutError:
            self._drop()
        except OSError:
            raise
        except Exception:
            await self._end(FAILED)
            raise

    def _read(self, text: str | None) -> dict[str, Any]:
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

    async def _sign_in_by_cookie(self) -> None:
        try:
            await self._sign_in(None, None)
        except DomainError:
            return  # It may still send a token.
        except TimeoutError:
            self._drop()

    async def _sign_in(self, access: str | None, after: int | None) -> None:
        async with self._signing_in:
            if self.login is not None and access is None and after is None:
                return  # The cookie was there before the message.
            login = await self._hub.ask(self._ask_login, self.scope, access)
            if self._ended:
                return
            if self.login is not None:
                if login.user_id != self.login.user_id or after is not None:
                    detail = "A second `auth` renews the login of the same user, and goes on where the socket is."
                    raise Invalid("malformed_message", detail)
                self.login = login
                await self._say({"type": "ready", "last": self._last})
                return
            await self._open(login, after)

    async def _open(self, login: Login, after: int | None) -> None:
        if after is None:
            last = await self._hub.ask(last_number, login.user_id)
        else:
            last = (await self._hub.ask(events_after, user_id=login.user_id, after=after, limit=1)).last
        if self._ended:
            return
        self.login = login
        try:
            self._hub.join(self)
        except LimitReached:
            self.login = None
            raise
        self._settle()
        self._sent = last if after is None else after
        self._last = self._sent
        await self._say({"type": "ready", "last": last})
        self._ready = True
        self.advance(last)
        # For what was committed after `last` was read and before the hub knew of this socket.
        self._hub.ring()

    def advance(self, last: int) -> None:
        """There are events up to this number."""
        if not self._ready or self._ended or last <= self._last:
            return
        self._last = last
        if self._sender is None or self._sender.done():
            self._sender = self._hub.spawn(self._send_missing(), self._tasks)

    async def _send_missing(self) -> None:
        try:
            while self._sent < self._last:
                page = await self._hub.ask(events_after, user_id=self.login.user_id, after=self._sent, limit=BATCH)
                for event in page.events:
                    await self._say(_shape(event))
                    self._sent = event.number
        except DomainError as error:
            await self.refuse(error)
        except TimeoutError:
            self._drop()
        except OSError:
            self._ended = True
        except Exception:
            await self._end(FAILED)
            raise

    async def refuse(self, error: DomainError) -> None:
        """Say why, and close."""
        said: dict[str, Any] = {"type": "error", "code": error.code, "detail": error.detail}
        if isinstance(error, Gone) and error.oldest is not None:
            said["oldest"] = error.oldest
        code = next((CLOSE_CODES[family] for family in type(error).__mro__ if family in CLOSE_CODES), FAILED)
        await self._end(code, said)

    async def _end(self, code: int, said: dict[str, Any] | None = None) -> None:
        if self._ended:
            return
        self._ended = True
        if self._sender is not None and self._sender is not asyncio.current_task():
            self._sender.cancel()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if said is not None:
                    await self.send(text_data=orjson.dumps(said).decode())
                await self.close(code)
        except TimeoutError:
            self._drop()
        except OSError:
            pass

    async def _say(self, message: dict[str, Any]) -> None:
        if self._ended:
            return
        async with asyncio.timeout(SEND_SECONDS):
            await self.send(text_data=orjson.dumps(message, option=orjson.OPT_UTC_Z).decode())

    def _drop(self) -> None:
        """It reads nothing, so nothing can be said to it any more."""
        self._ended = True
        if abort := self.scope.get("extensions", {}).get("albumen.abort"):
            abort()

    def _settle(self) -> None:
        if self._waits:
            self._waits = False
            self._hub.settle(self._address)

    def _after(self, seconds: float, work: Callable[[], Any]) -> None:
        def begin() -> None:
            if (coroutine := work()) is not None:
                self._hub.spawn(coroutine, self._tasks)

        self._timers.append(asyncio.get_running_loop().call_later(seconds, begin))


def _shape(event: Any) -> dict[str, Any]:
    return {"type": "event", "id": event.number, "event": event.type, "at": event.at, "data": event.data}
