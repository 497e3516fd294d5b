"""Authentication of a request: by access token, or by the session cookie with CSRF."""

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from albumen import languages
from albumen.accounts.services import sessions
from albumen.errors import Unauthenticated

if TYPE_CHECKING:
    from albumen.accounts.models import Session, User


class SignedInRequest(Request):
    """The request of a view behind IsAuthenticated; `auth` is None for one with a cookie."""

    user: "User"
    auth: "Session | None"


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
    """The cookie of the admin panel and the browsable API."""

    def authenticate(self, request: Request) -> "tuple[User, None] | None":
        found: tuple[User, None] | None = super().authenticate(request)
        if found is not None:
            languages.use(found[0].language)
        return found

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            detail = _("Send the CSRF token of your cookie in the X-CSRFToken header, or use a Bearer token.")
            raise PermissionDenied(detail, "csrf_failed") from error
