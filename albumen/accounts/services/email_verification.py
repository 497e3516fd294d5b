"""Proof that an address is its user's: a link that was sent there was opened."""

from datetime import datetime

from albumen.accounts.models import User


def mark_verified(*, user: User, now: datetime) -> None:
    """Write down that the user's address, as it was read, was proved. One that has changed since stays unproved."""
    if User.objects.filter(pk=user.pk, email=user.email, email_verified_at=None).update(email_verified_at=now):
        user.email_verified_at = now
