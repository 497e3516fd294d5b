"""WebSockets: which there are, and who is signed in on them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone

from albumen.accounts.services.valid_logins import Key, Standing, login_by_cookie, login_by_token, still_valid
from albumen.errors import Unauthenticated
from albumen.events.consumers import EventSocket, Hub
from albumen.rates import client_address


def sign_in(scope: Mapping[str, Any], access: str | None) -> Standing:
    """By token; or without one by the session cookie, which any page can make a browser send, so that the Origin has
    to be ours. `Unauthenticated` otherwise."""
    if access is not None:
        return login_by_token(access=access, now=timezone.now())
    request = _request(scope)
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if session_key is None or not _is_ours(request):
        raise Unauthenticated(detail="Send an access token, or a session cookie from a page of this service.")
    return login_by_cookie(session_key=session_key, now=timezone.now())


def address_of(scope: Mapping[str, Any]) -> str:
    """The address that is held responsible, as for HTTP."""
    return client_address(_request(scope))


def _request(scope: Mapping[str, Any]) -> ASGIRequest:
    """The request that the socket was opened with."""
    scheme = "https" if scope["scheme"] == "wss" else "http"
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def _is_ours(request: ASGIRequest) -> bool:
    """Whether the page is of this service: compared as text, because an Origin can be anything."""
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
    return request.headers.get("Origin", "") in {own, *settings.CSRF_TRUSTED_ORIGINS}


def _still_signed_in(keys: Collection[Key]) -> set[Key]:
    return still_valid(keys=keys, now=timezone.now())


_events = EventSocket.as_asgi(hub=Hub(_still_signed_in), sign_in=sign_in, address_of=address_of)


async def application(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    if scope["path"] in ("/ws/events", "/ws/events/"):
        await _events(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 4404})
