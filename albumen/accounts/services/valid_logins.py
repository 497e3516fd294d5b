"""The logins of open connections: find one when a connection is opened, and check later which are still valid."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session as CookieSession
from django.utils.crypto import constant_time_compare

from albumen.accounts.access import unended_sessions
from albumen.accounts.models import User
from albumen.accounts.services import tokens
from albumen.accounts.services.sessions import check_access
from albumen.errors import Unauthenticated

# The row of the login: the id of a `Session`, or the key of a cookie's session.
Key = tuple[Literal["token"], int] | tuple[Literal["cookie"], str]


@dataclass(frozen=True, slots=True)
class ValidLogin:
    """A login of a user, and the time when it expires."""

    user_id: int
    key: Key
    until: datetime


def login_by_token(*, access: str, now: datetime) -> ValidLogin:
    """Return the login that an access token belongs to; raise `Unauthenticated` where the token is not valid."""
    user, session = check_access(token=access, now=now)
    until = datetime.fromtimestamp(tokens.read(access, "access")["exp"], UTC)
    return ValidLogin(user.pk, ("token", session.pk), until)


def login_by_cookie(*, session_key: str, now: datetime) -> ValidLogin:
    """Return the login that a session cookie belongs to; raise `Unauthenticated` where the cookie is not valid."""
    for login in _valid_cookies([session_key], now):
        return login
    raise Unauthenticated("session_ended")


def still_valid(*, keys: Collection[Key], now: datetime) -> set[Key]:
    """Return the keys, of those given, whose logins are still valid: one query for 500 tokens, two for 500 cookies."""
    sessions = [key[1] for key in keys if key[0] == "token"]
    cookies = [key[1] for key in keys if key[0] == "cookie"]
    valid: set[Key] = set()
    for start in range(0, len(sessions), 500):
        found = unended_sessions().filter(pk__in=sessions[start : start + 500])
        valid.update(("token", session_id) for session_id in found.values_list("pk", flat=True))
    for start in range(0, len(cookies), 500):
        valid.update(login.key for login in _valid_cookies(cookies[start : start + 500], now))
    return valid


def _valid_cookies(session_keys: Collection[str], now: datetime) -> list[ValidLogin]:
    """Return the logins of those session cookies that are valid, by the checks of Django's `get_user` for one
    cookie."""
    rows = CookieSession.objects.filter(session_key__in=session_keys, expire_date__gt=now)
    opened = [(row, row.get_decoded()) for row in rows]
    owners = [content[SESSION_KEY] for _, content in opened if SESSION_KEY in content]
    users = {str(user.pk): user for user in User.objects.filter(pk__in=owners, is_active=True)}
    return [
        ValidLogin(user.pk, ("cookie", row.session_key), row.expire_date)
        for row, content in opened
        if (user := users.get(content.get(SESSION_KEY, "")))
        and constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    ]
