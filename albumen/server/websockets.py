"""The WebSocket `/ws/events/`, and who is signed in on it."""

from collections.abc import Collection
from functools import partial
from io import BytesIO

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone

from albumen.accounts.services.valid_logins import Key, ValidLogin, login_by_cookie, login_by_token, still_valid
from albumen.errors import Unauthenticated
from albumen.events.consumers import EventSocket, Hub
from albumen.rates import client_address
from albumen.server.request_body import Message, Receive, Send


def _valid_logins(keys: Collection[Key]) -> set[Key]:
    return still_valid(keys=keys, now=timezone.now())


_hub = Hub(_valid_logins)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["path"] not in ("/ws/events", "/ws/events/"):
        await receive()
        await send({"type": "websocket.close"})
        return
    # The request that the socket was opened with.
    scheme = "https" if scope["scheme"] == "wss" else "http"
    request = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())
    socket = EventSocket(
        _hub,
        receive,
        send,
        find_login=partial(_find_login, request),
        address=client_address(request),
        has_cookie="Cookie" in request.headers,
    )
    await socket.run()


def _find_login(request: ASGIRequest, access: str | None) -> ValidLogin:
    """Return the login behind the token; or without one behind the session cookie, which any page can make a browser
    send, so that the Origin has to be this service's. `Unauthenticated` otherwise."""
    if access is not None:
        return login_by_token(access=access, now=timezone.now())
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if session_key is None or not _has_own_origin(request):
        raise Unauthenticated(detail="Send an access token, or a session cookie from a page of this service.")
    return login_by_cookie(session_key=session_key, now=timezone.now())


def _has_own_origin(request: ASGIRequest) -> bool:
    """Return whether the page is of this service: compared as text, because an Origin can be anything."""
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
    return request.headers.get("Origin", "") in {own, *settings.CSRF_TRUSTED_ORIGINS}
