"""The WebSocket `/ws/events/`, and who is signed in on it."""

from functools import partial
from io import BytesIO

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone

from albumen.accounts.authentication import is_own_origin
from albumen.accounts.services.valid_logins import ValidLogin, login_by_cookie, login_by_token, still_valid
from albumen.errors import Unauthenticated
from albumen.events.consumers import EventSocket, Hub
from albumen.languages import preferred
from albumen.rates import client_address
from albumen.sentences import Sentence
from albumen.server.request_body import Message, Receive, Send

_hub = Hub(still_valid)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["path"] not in ("/ws/events", "/ws/events/"):
        await receive()
        await send({"type": "websocket.close"})
        return
    # The handshake as an ordinary request, for its headers, cookies and client address.
    scheme = "https" if scope["scheme"] == "wss" else "http"
    request = ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())
    socket = EventSocket(
        _hub,
        receive,
        send,
        find_login=partial(_find_login, request),
        address=client_address(request),
        has_cookie="Cookie" in request.headers,
        language=preferred(request.headers.get("Accept-Language", "")),
    )
    await socket.run()


def _find_login(request: ASGIRequest, access: str | None) -> ValidLogin:
    """Return the login that an access token or, if `access` is None, the session cookie proves.

    The cookie counts only with an Origin of this service, because a browser sends it from pages of other sites too.
    Raise `Unauthenticated` otherwise.
    """
    if access is not None:
        return login_by_token(access=access, now=timezone.now())
    session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if session_key is None or not is_own_origin(request, request.headers.get("Origin", "")):
        detail = Sentence("Send an access token, or a session cookie from a page of this service.")
        raise Unauthenticated(detail=detail)
    return login_by_cookie(session_key=session_key, now=timezone.now())
