"""The logins of open connections: find one when a connection is opened, and check later which are still valid."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session as CookieSession

from albumen.accounts.access import unended_sessions
from albumen.accounts.services import tokens
from albumen.accounts.services.sessions import COOKIE_KEY, check_access, find_cookie_session
from albumen.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class ValidLogin:
    """A login of a user: the id of its `Session`, and the time when the token or cookie expires that proved it."""

    user_id: int
    key: int
    until: datetime


def login_by_token(*, access: str, now: datetime) -> ValidLogin:
    """Return the login that an access token belongs to; raise `Unauthenticated` where the token is not valid."""
    user, session = check_access(token=access, now=now)
    until = datetime.fromtimestamp(tokens.read(access, "access")["exp"], UTC)
    return ValidLogin(user.pk, session.pk, until)


def login_by_cookie(*, session_key: str, now: datetime) -> ValidLogin:
    """Return the login that a session cookie belongs to; raise `Unauthenticated` where the cookie is not valid. One of
    version 0.2 first needs an ordinary request, which gives it a session."""
    row = CookieSession.objects.filter(session_key=session_key, expire_date__gt=now).first()
    content = row.get_decoded() if row else {}
    if row is not None and COOKIE_KEY in content:
        user_id = int(content[SESSION_KEY])
        session = find_cookie_session(session_id=content[COOKIE_KEY], user_id=user_id, now=now)
        if session is not None:
            return ValidLogin(user_id, session.pk, row.expire_date)
    raise Unauthenticated("session_ended")


def still_valid(keys: Collection[int]) -> set[int]:
    """Return the ids, of those given, of the sessions that are still valid: one query for 500."""
    valid: set[int] = set()
    sessions = list(keys)
    for start in range(0, len(sessions), 500):
        found = unended_sessions().filter(pk__in=sessions[start : start + 500])
        valid.update(found.values_list("pk", flat=True))
    return valid
