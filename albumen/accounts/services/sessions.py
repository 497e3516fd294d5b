"""Logins: sign in, refresh with reuse detection, sign out, and the check that every request makes."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, QuerySet

from albumen import compiled_queries, rates
from albumen.accounts import access
from albumen.accounts.hashers import spellings
from albumen.accounts.models import KnownAddress, Session, User
from albumen.accounts.services import tokens
from albumen.accounts.services.tokens import TokenPair
from albumen.contacts import email_key
from albumen.errors import Unauthenticated

REFRESH_GRACE = timedelta(seconds=10)
LAST_USED_STEP = timedelta(minutes=5)
# Many people may share one address, so its limit is higher than that of one account.
ADDRESS_FACTOR = 10


def find_user(email: str) -> User | None:
    """Return the user with this e-mail in any spelling, or None."""
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        return None


def check_credentials(*, email: str, password: str, address: str, now: datetime) -> User:
    """Return the active user with this e-mail and password.

    Raise `Unauthenticated`, after equal work, for an unknown e-mail, a wrong password and an inactive user. Attempts
    count before the password is checked, so that parallel ones count too: for each address and for each account, whose
    known addresses count separately. Raise `LimitReached` after too many.
    """
    user = find_user(email)
    known = KnownAddress.objects.filter(user_id=user.pk if user else 0, address=address).exists()
    account = tokens.fingerprint(email_key(email))
    place = address if known else "elsewhere"
    rates.spend("login", "address", address, times=ADDRESS_FACTOR)
    rates.spend("login", "account", account, place)
    if user is None:
        for spelling in spellings(password):
            make_password(spelling)
    if user is None or not user.check_password(password) or not user.is_active:
        raise Unauthenticated("invalid_credentials")
    rates.refund("login", "address", address, times=ADDRESS_FACTOR)
    rates.refund("login", "account", account, place)
    KnownAddress.objects.update_or_create(user=user, address=address, defaults={"seen_at": now})
    return user


def log_in(*, email: str, password: str, address: str, user_agent: str, now: datetime) -> tuple[User, TokenPair]:
    """Return the user and the tokens of a new login."""
    user = check_credentials(email=email, password=password, address=address, now=now)
    now = now.replace(microsecond=0)
    refresh_id = tokens.new_id()
    # The transaction holds SQLite's one write lock, so it begins after the slow hashing.
    with transaction.atomic():
        session = Session.objects.create(
            user=user,
            refresh_hash=tokens.fingerprint(refresh_id),
            token_version=user.token_version,
            user_agent=user_agent[:300],
            address=address,
            created_at=now,
            rotated_at=now,
            last_used_at=now,
        )
        user.last_login = now
        user.save(update_fields=["last_login"])
    pair = tokens.make_pair(user_id=user.pk, session_id=session.pk, refresh_id=refresh_id, issued_at=now)
    return user, pair


def refresh_login(*, refresh: str, now: datetime) -> TokenPair:
    """Return the next pair of tokens and use up the refresh token (RFC 9700, section 4.14).

    A repeat within ten seconds is a retry, and returns the same pair. A later one means that somebody else has the
    token too: end the login for both, and raise `Unauthenticated`.
    """
    claims = tokens.read(refresh, "refresh")
    session = Session.objects.select_related("user").filter(pk=claims["sid"], user_id=claims["user_id"]).first()
    if session is None or not _holds(session):
        raise Unauthenticated("session_ended")
    used, following = claims["jti"], tokens.derive_id("refresh", claims["jti"])
    now = now.replace(microsecond=0)
    # One conditional statement, so that of several refreshes at once only one succeeds.
    won = Session.objects.filter(pk=session.pk, refresh_hash=tokens.fingerprint(used), revoked_at=None).update(
        refresh_hash=tokens.fingerprint(following),
        previous_hash=tokens.fingerprint(used),
        rotated_at=now,
        last_used_at=now,
    )
    if not won:
        session.refresh_from_db(fields=["previous_hash", "rotated_at", "revoked_at"])
        repeated = session.previous_hash == tokens.fingerprint(used) and now - session.rotated_at <= REFRESH_GRACE
        if session.revoked_at or not repeated:
            Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=now)
            raise Unauthenticated("token_reused")
        now = session.rotated_at
    return tokens.make_pair(user_id=session.user_id, session_id=session.pk, refresh_id=following, issued_at=now)


def check_access(*, token: str, now: datetime) -> tuple[User, Session]:
    """Return the user and the session of an access token, by one indexed read. Raise `Unauthenticated` when the login
    has ended."""
    claims = tokens.read(token, "access")
    session: Session | None = next(
        compiled_queries.fetch_objects(_sessions_with_plans, values=(claims["sid"], claims["user_id"])), None
    )
    if session is None or not _holds(session):
        raise Unauthenticated("session_ended")
    if now - session.last_used_at > LAST_USED_STEP:
        Session.objects.filter(pk=session.pk).update(last_used_at=now)
    return session.user, session


def _sessions_with_plans(session_id: int, user_id: int) -> QuerySet[Session]:
    return Session.objects.select_related("user__plan").filter(pk=session_id, user_id=user_id).order_by()


def _holds(session: Session) -> bool:
    user = session.user
    return session.revoked_at is None and user.is_active and session.token_version == user.token_version


def log_out(*, refresh: str, now: datetime) -> None:
    """End the login that this refresh token belongs to; ending it twice is no error."""
    claims = tokens.read(refresh, "refresh")
    Session.objects.filter(pk=claims["sid"], user_id=claims["user_id"], revoked_at=None).update(revoked_at=now)


def log_out_of(*, user: User, session: Session | None, everywhere: bool, now: datetime) -> None:
    """End this login, if it is one by token, or every login of the user."""
    if everywhere:
        end_all_sessions(user=user, now=now)
    elif session is not None:
        end_session(session=session, now=now)


def end_own_session(*, actor: User, session_id: int, now: datetime) -> None:
    """End one of the actor's sessions; raise `NotFound` for any other."""
    end_session(session=access.get_session(actor, session_id), now=now)


def end_session(*, session: Session, now: datetime) -> None:
    """End one session; ending it twice is no error."""
    Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=now)


@transaction.atomic
def end_all_sessions(*, user: User, now: datetime, keep: Session | None = None) -> None:
    """End every login of the user except `keep`, also those by cookie."""
    others = Session.objects.filter(user=user, revoked_at=None)
    if keep is not None:
        others = others.exclude(pk=keep.pk)
    others.update(revoked_at=now)
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    if keep is not None:
        Session.objects.filter(pk=keep.pk).update(token_version=user.token_version)


def delete_ended_sessions(*, now: datetime) -> int:
    """Delete sessions whose refresh token has expired; return how many."""
    horizon = now - settings.REFRESH_TOKEN_LIFETIME
    return Session.objects.filter(rotated_at__lt=horizon).delete()[0]
