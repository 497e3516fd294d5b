"""Passwords: what a good one is, changing your own, and resetting a forgotten one."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import close_old_connections, transaction
from django.template.loader import render_to_string
from django.utils.encoding import force_bytes, force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from albumen import rates
from albumen.accounts.hashers import spellings
from albumen.accounts.models import Session, User
from albumen.accounts.services import tokens
from albumen.accounts.services.sessions import end_all_sessions, find_user
from albumen.contacts import email_key
from albumen.errors import Conflict, Invalid

logger = logging.getLogger(__name__)
_mail = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def require_good(password: str, user: User, *, pointer: str) -> None:
    """Raise `Invalid`, with one sentence for each reason, unless the password passes the validators."""
    try:
        validate_password(spellings(password)[0] or "", user)
    except ValidationError as error:
        raise Invalid(error.error_list[0].code or "invalid", " ".join(error.messages), pointer=pointer) from None


def confirm(*, user: User, password: str, address: str, pointer: str) -> None:
    """Raise `Invalid` unless this is the user's password. Attempts count like sign-ins: a stolen token must not allow
    guessing."""
    key = ("account", tokens.fingerprint(email_key(user.email)), f"confirm {address}")
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


def request_reset(*, email: str, address: str) -> None:
    """Mail a link if there is such a user. A thread does it, so that the response takes as long in either case."""
    rates.spend("reset", "address", address, times=10)
    rates.spend("reset", "account", tokens.fingerprint(email_key(email)))
    _mail.submit(_send_reset, email)


def _send_reset(email: str) -> None:
    try:
        user = find_user(email)
        if user is None or not user.is_active:
            return
        uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
        # After the '#', so that the secret reaches no server log and no Referer header.
        link = f"{settings.PUBLIC_URL}/password-reset/#uid={uid}&token={token}"
        body = render_to_string(
            "accounts/password_reset.txt",
            {"user": user, "link": link, "uid": uid, "token": token, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60},
        )
        send_mail("Set a new password", body, settings.DEFAULT_FROM_EMAIL, [user.email])
    except Exception:
        logger.exception("A password reset mail could not be sent.")
    finally:
        close_old_connections()


def reset_password(*, uid: str, token: str, new_password: str, now: datetime) -> None:
    """Set the password by the token of an e-mail, which works once, for an hour; end every login."""
    try:
        user = User.objects.get(pk=int(force_str(urlsafe_base64_decode(uid))), is_active=True)
    except (User.DoesNotExist, ValueError, OverflowError):
        user = None
    used = Invalid("invalid_token", pointer="/token")
    if user is None or not default_token_generator.check_token(user, token):
        raise used
    require_good(new_password, user, pointer="/new_password")
    if not _set_password(user, new_password, now=now, keep=None):
        raise used


def set_password(*, user: User, password: str, now: datetime) -> None:
    """Set another user's password, for an administrator, and end every login of that user. The caller has validated
    it."""
    if not _set_password(user, password, now=now, keep=None):
        raise Conflict("password_changed")


def _set_password(user: User, password: str, *, now: datetime, keep: Session | None) -> bool:
    """Return False, and set nothing, when the password was changed since `user` was read."""
    before = user.password
    user.set_password(password)
    with transaction.atomic():
        # One conditional statement: of many resets by one mail at once exactly one changes the row.
        if not User.objects.filter(pk=user.pk, password=before).update(password=user.password):
            return False
        end_all_sessions(user=user, now=now, keep=keep)
    return True
