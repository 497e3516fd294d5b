"""Another e-mail address: it waits until a link that was sent there is opened, and a link in a mail to the address of
before takes it back."""

from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction

from albumen.accounts.access import find_active_user
from albumen.accounts.models import User
from albumen.accounts.services.sessions import end_all_sessions
from albumen.errors import Conflict, Invalid
from albumen.mails.queue import queue_mail


def announce(*, user: User, now: datetime) -> None:
    """Queue the mails about the address that waits: to it, and to the one that the user has. What the former says,
    where somebody has the address already, is decided when it is written."""
    queue_mail("email_change", user=user.pk, email=user.pending_email, now=now)
    proved = user.email_verified_at is not None
    queue_mail("email_change_old", user=user.pk, old=user.email, new=user.pending_email, proved=proved, now=now)


def confirm_change(*, user_id: int, email: str, now: datetime) -> None:
    """Give the user the address that waits. Once more is no error. Raise `Invalid` where another one waits by now, and
    `Conflict` where somebody else has it: of several who wait for it, the first to confirm gets it."""
    user = find_active_user(user_id)
    if user is None or email not in (user.pending_email, user.email):
        raise Invalid("invalid_token", pointer="/token")
    if user.email == email:
        return
    waiting = User.objects.filter(pk=user.pk, pending_email=email)
    if not _is_taken(email, user):
        # It ends the links that set a password, too: their tokens depend on the address.
        with suppress(IntegrityError), transaction.atomic():
            if not waiting.update(email=email, pending_email="", email_verified_at=now):
                raise Invalid("invalid_token", pointer="/token")
            return
    waiting.update(pending_email="")
    raise Conflict("email_taken")


def take_back(*, user_id: int, old: str, proved: bool, now: datetime) -> None:
    """Take a change of address back, for whoever opens the link in the mail to the old one. Somebody else knew the
    password, so it stops working, every login ends, and a mail lets the user set a new one.

    A change that was confirmed already is undone as well, if the old address was `proved`. Raise `Invalid` where there
    is nothing to take back, and `Conflict` where somebody else has the old address by now.
    """
    try:
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
            if user is None or not (user.pending_email if user.email == old else proved):
                raise Invalid("invalid_token", pointer="/token")
            if _is_taken(old, user):
                raise Conflict("email_taken")
            user.email, user.pending_email, user.email_verified_at = old, "", now
            user.set_unusable_password()
            user.save(update_fields=["email", "pending_email", "email_verified_at", "password"])
            end_all_sessions(user=user, now=now)
            queue_mail("email_kept", user=user.pk, now=now)
    except IntegrityError:
        raise Conflict("email_taken") from None


def _is_taken(email: str, user: User) -> bool:
    other = User.objects.find_by_email(email)
    return other is not None and other.pk != user.pk
