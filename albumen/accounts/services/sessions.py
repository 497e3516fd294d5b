"""Sessions, one for each login: sign in, refresh with reuse detection, sign out, and the check that every request
makes."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F, QuerySet

from albumen import compiled_queries, rates
from albumen.accounts import access
from albumen.accounts.hashers import spellings
from albumen.accounts.models import KnownAddress, Session, User
from albumen.accounts.services import email_verification, tokens
from albumen.accounts.services.attempts import ADDRESS_FACTOR, account_key, spend_mail
from albumen.accounts.services.sign_in_places import DEVICE_LIFETIME, SignInPlace, client_name, is_unexpected, known_by
from albumen.accounts.services.tokens import TokenPair
from albumen.errors import Unauthenticated
from albumen.mails.queue import queue_mail

REFRESH_GRACE = timedelta(seconds=10)
# Where the session of a cookie keeps the id of its `Session`.
COOKIE_KEY = "albumen_session"
# How many mails a day tell a user of new sign-ins.
MOST_NEWS = 10
LAST_USED_STEP = timedelta(minutes=5)


def check_credentials(*, email: str, password: str, place: SignInPlace, now: datetime) -> User:
    """Return the active user with this e-mail and password.

    Raise `Unauthenticated`, after equal work, for an unknown e-mail, a wrong password and an inactive user. Attempts
    count before the password is checked, so that parallel ones count too: for each address, and for each account
    separately from every place that its owner knows. Raise `LimitReached` after too many (ADR 28).
    """
    user = User.objects.find_by_email(email)
    known = known_by(user, place, now)
    counters: list[tuple[tuple[str, ...], int]] = [(("account", account_key(email), known or "elsewhere"), 1)]
    if not known.startswith(("device", "code")):
        counters.insert(0, (("address", place.address), ADDRESS_FACTOR))
    for key, times in counters:
        rates.spend("login", *key, times=times)
    if user is None:
        for spelling in spellings(password):
            make_password(spelling)
    if user is None or not user.check_password(password) or not user.is_active:
        raise Unauthenticated("invalid_credentials")
    for key, times in counters:
        rates.refund("login", *key, times=times)
    return user


def request_code(*, email: str, address: str, now: datetime) -> None:
    """Queue the mail with a code for signing in from a new place. Whether there is such a user is asked when it is
    sent, so that the response tells nothing."""
    spend_mail("reset", "code", email=email, address=address)
    queue_mail("sign_in_code", email=email, now=now)


def log_in(*, email: str, password: str, place: SignInPlace, now: datetime) -> tuple[Session, TokenPair]:
    """Return a new login, whose `user` is who signed in, and its tokens."""
    user = check_credentials(email=email, password=password, place=place, now=now)
    return start_login(user=user, place=place, now=now)


def start_login(*, user: User, place: SignInPlace, now: datetime) -> tuple[Session, TokenPair]:
    """Return a new login of a user who has proved who they are, and its tokens."""
    refresh_id = tokens.new_id()
    session = open_session(user=user, place=place, refresh_id=refresh_id, now=now)
    pair = tokens.make_pair(
        user_id=user.pk, session_id=session.pk, refresh_id=refresh_id, issued_at=session.created_at
    )
    return session, pair


# A transaction holds SQLite's one write lock, so this one begins after the slow hashing.
@transaction.atomic
def open_session(*, user: User, place: SignInPlace, refresh_id: str | None, now: datetime) -> Session:
    """Return the new session of a user whose password was checked; `refresh_id` is None for a login by cookie alone.

    A password change or a sign-out everywhere since then has ended it already, because it depends on the
    `token_version` that was read before. A mail tells the user of a client or an address that is new.
    """
    unexpected = is_unexpected(user, place)
    session = _create(user, place, refresh_id, now)
    user.last_login = session.created_at
    user.save(update_fields=["last_login"])
    KnownAddress.objects.update_or_create(user=user, address=place.address, defaults={"seen_at": now})
    about = ("new sign-in", str(user.pk))
    # One for each client, and not many for who invents clients.
    if (
        unexpected
        and rates.allows_today(1, *about, client_name(place.user_agent))
        and rates.allows_today(MOST_NEWS, *about)
    ):
        queue_mail("new_sign_in", session=session.pk, now=now)
    # Accounts from before the setting.
    unproved = settings.SIGNUP == "verified" and user.email_verified_at is None
    if unproved and rates.allows_today(1, "verify", str(user.pk)):
        email_verification.ask(user=user, now=now)
    return session


def adopt_cookie(*, user: User, session_id: int | None, place: SignInPlace, now: datetime) -> Session | None:
    """Return the new session of a cookie that Django takes as valid and whose own session, if it has one, has ended.

    Django renewed the cookie, because its user has set a new password in the panel, or version 0.2 signed it in, which
    made no session. Return None where somebody has ended the session.
    """
    if session_id is not None:
        older = Session.objects.filter(pk=session_id, user=user, token_version__lt=user.token_version)
        if not older.exists():
            return None
    return _create(user, place, None, now)


def _create(user: User, place: SignInPlace, refresh_id: str | None, now: datetime) -> Session:
    now = now.replace(microsecond=0)
    return Session.objects.create(
        user=user,
        refresh_hash=tokens.fingerprint(refresh_id) if refresh_id else "",
        token_version=user.token_version,
        user_agent=place.user_agent[:300],
        address=place.address,
        created_at=now,
        rotated_at=now,
        last_used_at=now,
    )


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
    session = find_session(session_id=claims["sid"], user_id=claims["user_id"], now=now)
    if session is None:
        raise Unauthenticated("session_ended")
    return session.user, session


def find_session(*, session_id: int, user_id: int, now: datetime) -> Session | None:
    """Return the session with its user and plan, by one indexed read; None when it has ended."""
    session: Session | None = next(
        compiled_queries.fetch_objects(_sessions_with_plans, values=(session_id, user_id)), None
    )
    if session is None or not _holds(session):
        return None
    if now - session.last_used_at > LAST_USED_STEP:
        Session.objects.filter(pk=session.pk).update(last_used_at=now)
    return session


def find_cookie_session(*, session_id: int, user_id: int, now: datetime) -> Session | None:
    """Return the session of a cookie as `find_session` does; None also when the cookie has expired."""
    session = find_session(session_id=session_id, user_id=user_id, now=now)
    expired = session is not None and now - session.created_at > timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return None if expired else session


def _sessions_with_plans(session_id: int, user_id: int) -> QuerySet[Session]:
    return Session.objects.select_related("user__plan").filter(pk=session_id, user_id=user_id).order_by()


def _holds(session: Session) -> bool:
    user = session.user
    return session.revoked_at is None and user.is_active and session.token_version == user.token_version


def log_out(*, refresh: str, now: datetime) -> None:
    """End the login that this refresh token belongs to; ending it twice is no error."""
    claims = tokens.read(refresh, "refresh")
    Session.objects.filter(pk=claims["sid"], user_id=claims["user_id"], revoked_at=None).update(revoked_at=now)


def log_out_of(*, session: Session, everywhere: bool, now: datetime) -> None:
    """End this login, or every login of its user."""
    if everywhere:
        end_all_sessions(user=session.user, now=now)
    else:
        end_session(session_id=session.pk, now=now)


def end_own_session(*, actor: User, session_id: int, now: datetime) -> None:
    """End one of the actor's sessions; raise `NotFound` for any other."""
    end_session(session_id=access.get_session(actor, session_id).pk, now=now)


def end_session(*, session_id: int, now: datetime) -> None:
    """End one session; ending it twice is no error."""
    Session.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=now)


@transaction.atomic
def end_all_sessions(*, user: User, now: datetime, keep: Session | None = None) -> None:
    """End every login of the user except `keep`."""
    others = Session.objects.filter(user=user, revoked_at=None)
    if keep is not None:
        others = others.exclude(pk=keep.pk)
    others.update(revoked_at=now)
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    if keep is not None:
        Session.objects.filter(pk=keep.pk).update(token_version=user.token_version)


def delete_ended_sessions(*, now: datetime) -> int:
    """Delete sessions whose refresh token has expired, and addresses that were not used for as long as a device cookie
    is valid; return how many sessions."""
    KnownAddress.objects.filter(seen_at__lt=now - DEVICE_LIFETIME).delete()
    horizon = now - settings.REFRESH_TOKEN_LIFETIME
    return Session.objects.filter(rotated_at__lt=horizon).delete()[0]
