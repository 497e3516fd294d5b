"""Who sends a request with a Bearer token."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from albumen.accounts.access import rows_of_session
from albumen.accounts.services import tokens
from albumen.accounts.services.sessions import LAST_USED_STEP
from albumen.errors import Unauthenticated
from albumen.fastpath.database import Read
from albumen.library.access.rows import PlanRow


class SignedIn(NamedTuple):
    """Somebody who is signed in and no administrator, as access and signatures of URLs ask for them."""

    pk: int
    token_version: int
    plan: PlanRow
    # The Unix time until which this holds, as long as nothing in the database changes.
    until: float = 0.0
    is_authenticated: bool = True
    is_active: bool = True
    is_staff: bool = False


def signed_in(authorization: str, now: datetime) -> SignedIn | None:
    """Return who sends this `Authorization` header. Return None for what the ordinary way has to look at: no valid
    token, an administrator, and a session whose last use is to be written down."""
    scheme, _, token = authorization.partition(" ")
    try:
        claims = tokens.read(token, "access") if scheme == "Bearer" else None
    except Unauthenticated:
        return None
    row = None if claims is None else _sessions.first(claims["sid"], claims["user_id"])
    if claims is None or row is None:
        return None
    last_used_at, token_version, heights, original = row
    noted_until = as_time(last_used_at) + LAST_USED_STEP
    if now > noted_until:
        return None
    until = min(noted_until.timestamp(), claims["exp"])
    return SignedIn(claims["user_id"], token_version, as_plan(heights, original), until)


_sessions = Read(rows_of_session, limit=1)


def as_time(value: Any) -> datetime:
    """Return a time of the database: SQLite's text in UTC, or PostgreSQL's microseconds since 2000."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)


def as_plan(heights: list[int] | str, original: bool) -> PlanRow:
    """Return the row of these two columns, which can be a key of a dictionary. JSON comes as text from SQLite."""
    return PlanRow(_heights(heights) if isinstance(heights, str) else tuple(heights), bool(original))


@lru_cache(maxsize=256)
def _heights(text: str) -> tuple[int, ...]:
    return tuple(orjson.loads(text))
