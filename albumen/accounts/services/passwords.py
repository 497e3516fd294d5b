"""Passwords: what a good one is, changing your own, and resetting a forgotten one."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode

from albumen import rates
from albumen.accounts.hashers import spellings
from albumen.accounts.models import Session, User
from albumen.accounts.services import email_verification
from albumen.accounts.services.attempts import account_key, spend_mail
from albumen.accounts.services.sessions import end_all_sessions, end_session
from albumen.accounts.services.sign_in_places import SignInPlace, known_by
from albumen.errors import Conflict, Invalid, LimitReached
from albumen.mails.queue import queue_mail

SESSION_SALT = "albumen.session"
SESSION_TOKEN_LIFETIME = timedelta(days=7)


def require_good(password: str, user: User, *, pointer: str) -> None:
    """Raise `Invalid`, with a sentence for each reason, when the password does not pass the validators."""
    try:
        validate_password(spellings(password)[0] or "", user)
    except ValidationError as error:
        raise Invalid(error.error_list[0].code or "invalid", " ".join(error.messages), pointer=pointer) from None


def confirm(*, user: User, password: str, address: str, pointer: str) -> None:
    """Raise `Invalid` unless this is the user's password. Attempts are limited as sign-ins are, so that nobody can
    guess the password with a stolen token, from however many addresses."""
    known = known_by(user, SignInPlace(address), timezone.now())
    key = ("account", account_key(user.email), f"confirm {known or 'elsewhere'}")
    rates.spend("login", *key)
    if not user.check_password(password):
        raise Invalid("invalid_password", "This is not your password.", pointer=pointer)
    rates.refund("login", *key)


def change_password(
    *, user: User, current_password: str, new_password: str, address: str, now: datetime, keep: Session | None
) -> None:
    """Set a new password and end every login but `keep`, which makes the request."""
    confirm(user=user, password=current_password, address=address, pointer="/current_password")
    require_good(new_password, user, pointer="/new_password")
    if not _set_password(user, new_password, now=now, keep=keep):
        raise Invalid("invalid_password", "Your password was changed just now.", pointer="/current_password")


def request_reset(*, email: str, address: str, now: datetime) -> None:
    """Queue the mail with a link. Whether there is such a user is asked when it is sent, so that the response tells
    nothing, nor how long it takes."""
    spend_mail("reset", email=email, address=address)
    queue_mail("password_reset", email=email, now=now)


def disown_session(*, token: str, address: str, now: datetime) -> None:
    """End the session that a mail told its user of, and queue the mail to set a new password. Raise `Invalid` for a
    token that no mail had, or that is older than a week."""
    try:
        session_id: int = signing.loads(token, salt=SESSION_SALT, max_age=SESSION_TOKEN_LIFETIME)
    except signing.BadSignature:
        raise Invalid("invalid_token", pointer="/token") from None
    session = Session.objects.select_related("user").filter(pk=session_id).first()
    if session is None:
        raise Invalid("invalid_token", pointer="/token")
    end_session(session_id=session.pk, now=now)
    with suppress(LimitReached):
        request_reset(email=session.user.email, address=address, now=now)


def reset_password(*, uid: str, token: str, new_password: str, now: datetime) -> None:
    """Set the password by the token of a mail, which works once, for an hour, and end every login. The token proves
    the address too. Raise `Invalid` for any other token."""
    try:
        user = User.objects.get(pk=int(force_str(urlsafe_base64_decode(uid))), is_active=True)
    except (User.DoesNotExist, ValueError, OverflowError):
        user = None
    used = Invalid("invalid_token", pointer="/token")
    if user is None or not default_token_generator.check_token(user, token):
        raise used
    require_good(new_password, user, pointer="/new_password")
    with transaction.atomic():
        if not _set_password(user, new_password, now=now, keep=None):
            raise used
        # The token came to this address, and ends when the address changes.
        email_verification.mark_verified(user=user, now=now)


def set_password(*, user: User, password: str, now: datetime) -> None:
    """Set another user's password, for an administrator, and end every login of that user. The caller has validated
    it."""
    if not _set_password(user, password, now=now, keep=None):
        raise Conflict("password_changed")


def _set_password(user: User, password: str, *, now: datetime, keep: Session | None) -> bool:
    """Set the password and end every login but `keep`. Return False, with nothing written, when the password was
    changed after `user` was read."""
    before = user.password
    user.set_password(password)
    with transaction.atomic():
        # One conditional statement, so that of several resets by one mail only one succeeds.
        # Whoever knew the one of before may have asked for the address that waits.
        changes = {"password": user.password, "pending_email": ""}
        if not User.objects.filter(pk=user.pk, password=before).update(**changes):
            return False
        user.pending_email = ""
        queue_mail("password_changed", user=user.pk, now=now)
        end_all_sessions(user=user, now=now, keep=keep)
    return True
