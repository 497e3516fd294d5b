"""Proof that an address is its user's: a link that was sent there was opened."""

from datetime import datetime

from albumen.accounts.access import find_active_user
from albumen.accounts.models import User
from albumen.accounts.services.attempts import spend_mail
from albumen.errors import Conflict, Invalid
from albumen.mails.queue import queue_mail


def send_again(*, user: User, address: str, now: datetime) -> None:
    """Queue the mail with the link that proves the user's address, or the one that waits to be the user's. Raise
    `Conflict` when none waits and the user's is proved."""
    if not user.pending_email and user.email_verified_at is not None:
        raise Conflict("email_verified_already")
    spend_mail("verify", email=user.pending_email or user.email, address=address)
    if user.pending_email:
        queue_mail("email_change", user=user.pk, email=user.pending_email, now=now)
    else:
        ask(user=user, now=now)


def ask(*, user: User, now: datetime) -> None:
    """Queue the mail that asks the user to prove the address."""
    queue_mail("verify_email", user=user.pk, email=user.email, now=now)


def verify(*, user_id: int, email: str, now: datetime) -> None:
    """Write down that the user's address is proved, by the token of a mail that went there. Once more is no error.
    Raise `Invalid` when the user has another address by now."""
    user = find_active_user(user_id)
    if user is None or user.email != email:
        raise Invalid("invalid_token", pointer="/token")
    mark_verified(user=user, now=now)


def mark_verified(*, user: User, now: datetime) -> None:
    """Write down that the user's address, as it was read, was proved. One that has changed since stays unproved."""
    if User.objects.filter(pk=user.pk, email=user.email, email_verified_at=None).update(email_verified_at=now):
        user.email_verified_at = now
