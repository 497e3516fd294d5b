"""Logins that a connection rests on: who opened it, and whether they are still signed in while it lasts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session as CookieSession
from django.utils.crypto import constant_time_compare

from albumen.accounts.access import logins_in_force
from albumen.accounts.models import User
from albumen.accounts.services import tokens
from albumen.accounts.services.sessions import check_access
from albumen.errors import Unauthenticated

# The row behind the login: a `Session`'s id, or a cookie's key.
Key = tuple[Literal["token"], int] | tuple[Literal["cookie"], str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is signed in by which login, and until when at the latest."""

    user_id: int
    key: Key
    until: datetime


def login_by_token(*, access: str, now: datetime) -> Standing:
    """Of an access token; `Unauthenticated` where it does not hold."""
    user, session = check_access(token=access, now=now)
    until = datetime.fromtimestamp(tokens.read(access, "access")["exp"], UTC)
    return Standing(user.pk, ("token", session.pk), until)


def login_by_cookie(*, session_key: str, now: datetime) -> Standing:
    """Of a session cookie; `Unauthenticated` where it does not hold."""
    for standing in _standing_cookies([session_key], now):
        return standing
    raise Unauthenticated("session_ended")


def still_valid(*, keys: Collection[Key], now: datetime) -> set[Key]:
    """Those of the logins that still hold: one statement for all tokens, and two for all cookies."""
    sessions = [key[1] for key in keys if key[0] == "token"]
    cookies = [key[1] for key in keys if key[0] == "cookie"]
    held: set[Key] = set()
    for start in range(0, len(sessions), 500):
        found = logins_in_force().filter(pk__in=sessions[start : start + 500])
        held.update(("token", session_id) for session_id in found.values_list("pk", flat=True))
    for start in range(0, len(cookies), 500):
        held.update(standing.key for standing in _standing_cookies(cookies[start : start + 500], now))
    return held


def _standing_cookies(session_keys: Collection[str], now: datetime) -> list[Standing]:
    """As Django's `get_user` decides for each request."""
    rows = CookieSession.objects.filter(session_key__in=session_keys, expire_date__gt=now)
    opened = [(row, row.get_decoded()) for row in rows]
    owners = [content[SESSION_KEY] for _, content in opened if SESSION_KEY in content]
    users = {str(user.pk): user for user in User.objects.filter(pk__in=owners, is_active=True)}
    return [
        Standing(user.pk, ("cookie", row.session_key), row.expire_date)
        for row, content in opened
        if (user := users.get(content.get(SESSION_KEY, "")))
        and constant_time_compare(content.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
    ]
