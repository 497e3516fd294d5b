"""Authentication of a request: by access token, or by the session cookie with CSRF. Both lead to a `Session`."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import is_same_domain
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from albumen import languages, rates
from albumen.accounts.services import sessions, sign_in_places
from albumen.accounts.services.sign_in_places import SignInPlace
from albumen.errors import Unauthenticated

if TYPE_CHECKING:
    from albumen.accounts.models import Session, User


class SignedInRequest(Request):
    """The request of a view behind IsAuthenticated; `auth` is the session that makes it."""

    user: "User"
    auth: "Session"


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>` (RFC 6750); `request.auth` is the login's `Session`."""

    def authenticate(self, request: Request) -> "tuple[User, Session] | None":
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not token.strip():
            raise Unauthenticated("token_invalid", "Send the access token after the word Bearer.")
        user, session = sessions.check_access(token=token.strip(), now=timezone.now())
        languages.use(user.language)
        return user, session

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="albumen"'


class CookieAuthentication(SessionAuthentication):
    """The cookie of the admin panel and the browsable API; `request.auth` is the login's `Session`."""

    def authenticate(self, request: Request) -> "tuple[User, Session | None] | None":
        found: tuple[User, None] | None = super().authenticate(request)
        if found is None:
            return None
        languages.use(found[0].language)
        return found[0], session_of_cookie(request._request)

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            detail = _("Send the CSRF token of your cookie in the X-CSRFToken header, or use a Bearer token.")
            raise PermissionDenied(detail, "csrf_failed") from error


class CookieMiddleware(AuthenticationMiddleware):
    """`request.user` by the session cookie, as long as its `Session` has not ended; and the device cookie."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of_cookie(request))  # type: ignore[assignment]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if device := request.__dict__.get("device_cookie"):
            response.set_cookie(
                sign_in_places.DEVICE_COOKIE,
                device,
                max_age=sign_in_places.DEVICE_LIFETIME,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def session_of_cookie(request: HttpRequest) -> "Session | None":
    """Return the session that the request's cookie belongs to, None where nobody is signed in by cookie."""
    found: Session | None = request.__dict__.get("cookie_session") if request.user.is_authenticated else None
    return found


def _user_of_cookie(request: HttpRequest) -> "User | AnonymousUser":
    # Under Django's name, which the access log reads.
    if "_cached_user" not in request.__dict__:
        request._cached_user = _find_user(request)  # type: ignore[attr-defined]
    user: User | AnonymousUser = request.__dict__["_cached_user"]
    return user


def _find_user(request: Any) -> Any:
    session_id, now = request.session.get(sessions.COOKIE_KEY), timezone.now()
    if session_id is not None:
        user_id = int(request.session[auth.SESSION_KEY])
        request.cookie_session = sessions.find_cookie_session(session_id=session_id, user_id=user_id, now=now)
    if session_id is None or request.cookie_session is None:
        # Django forgets a cookie whose hash names an older `token_version` than the user's.
        user = auth.get_user(request)
        if not user.is_authenticated:
            return user
        request.cookie_session = sessions.adopt_cookie(
            user=user, session_id=session_id, place=place_of(request), now=now
        )
        if request.cookie_session is None:
            request.session.flush()
            return AnonymousUser()
        request.session[sessions.COOKIE_KEY] = request.cookie_session.pk
    return request.cookie_session.user


def forget_ended_cookie(request: HttpRequest) -> None:
    """Remove the request's cookie if its session has ended, by a sign-out with its refresh token for example."""
    _find_user(request)


def place_of(request: HttpRequest, code: str = "") -> SignInPlace:
    """Return from where this request comes."""
    return SignInPlace(
        address=rates.client_address(request),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        device=request.COOKIES.get(sign_in_places.DEVICE_COOKIE, ""),
        code=code,
    )


def remember_device(request: HttpRequest, user: "User") -> None:
    """Have the response set a new device cookie for this user, unless another site sent the request."""
    if not is_foreign(request):
        request.device_cookie = sign_in_places.device_cookie(user)  # type: ignore[attr-defined]


def note_replaced(request: HttpRequest) -> None:
    """Note which session the login replaces that this request begins: Django forgets it before it says so."""
    request.replaced_session = request.session.get(sessions.COOKIE_KEY)  # type: ignore[attr-defined]


def set_session_cookie(request: HttpRequest, session: "Session") -> None:
    """Have the response set the cookie of a session that has tokens already, unless another site sent the request."""
    if is_foreign(request):
        return
    note_replaced(request)
    request.token_session = session  # type: ignore[attr-defined]
    auth.login(request, session.user, backend=settings.AUTHENTICATION_BACKENDS[0])


def begin_login(request: HttpRequest, user: "User", **_: Any) -> None:
    """Give the cookie that the response sets a session: the one that has its tokens, or a new one. This is the
    receiver of Django's `user_logged_in`."""
    now = timezone.now()
    session = request.__dict__.get("token_session") or sessions.open_session(
        user=user, place=place_of(request), refresh_id=None, now=now
    )
    if replaced := request.__dict__.get("replaced_session"):
        sessions.end_session(session_id=replaced, now=now)
    request.session[sessions.COOKIE_KEY] = session.pk
    remember_device(request, user)


def end_login(request: HttpRequest, **_: Any) -> None:
    """End the session of the request's cookie. This is the receiver of Django's `user_logged_out`."""
    session_id = request.session.get(sessions.COOKIE_KEY)
    if session_id is not None:
        sessions.end_session(session_id=session_id, now=timezone.now())


def is_foreign(request: HttpRequest) -> bool:
    """Return whether a page of another site has sent the request, as far as the browser says so (login CSRF)."""
    if (origin := request.headers.get("Origin")) is not None:
        return not is_own_origin(request, origin)
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return True
    referer = request.headers.get("Referer")
    return referer is not None and not is_own_origin(request, "/".join(referer.split("/")[:3]))


def is_own_origin(request: HttpRequest, origin: str) -> bool:
    """Return whether an Origin is this service's, or one that ALBUMEN_TRUSTED_ORIGINS names. Those of
    ALBUMEN_CORS_ORIGINS are not, since they may use tokens and no cookies. It is compared as text and not parsed,
    because a client can send anything there."""
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
    trusted = settings.CSRF_TRUSTED_ORIGINS
    if origin in (own, *trusted):
        return True
    scheme, _, host = origin.partition("://")
    return any(
        scheme == pattern.scheme and is_same_domain(host, pattern.netloc.lstrip("*"))
        for pattern in map(urlsplit, trusted)
        if pattern.netloc.startswith("*.")
    )
