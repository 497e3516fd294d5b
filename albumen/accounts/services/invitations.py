"""Answer an invitation with the token of its mail: with the account that it was sent to, or by signing up.

Whoever has the token reads what is sent to the address. So the token proves the address of an account that has it; in
any other account it has no effect.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from django.db import IntegrityError, transaction

from albumen import rates
from albumen.accounts.models import Session, User
from albumen.accounts.services import passwords, sessions, signup
from albumen.accounts.services.email_verification import mark_verified
from albumen.accounts.services.sign_in_places import SignInPlace
from albumen.accounts.services.signup import Names
from albumen.accounts.services.tokens import TokenPair
from albumen.contacts import email_key
from albumen.errors import Forbidden, Gone, Invalid, Unauthenticated
from albumen.organizations import access as organizations
from albumen.organizations.models import Invitation
from albumen.organizations.services import invitations
from albumen.organizations.services.invitation_tokens import read_token


@dataclass(frozen=True, slots=True)
class MailedInvitation:
    """An invitation with the address that its mail went to, in the form of `email_key`, and the account that it is
    for: the invited user, or who has the address; None where nobody has it."""

    invitation: Invitation
    address: str
    account: User | None

    @property
    def has_account(self) -> bool:
        """Return whether the invitation is for an account, so that nobody signs up by it."""
        return self.account is not None


def find_mailed(*, token: str) -> MailedInvitation:
    """Return the invitation that the token of a mail is about, also one that was accepted. Raise `Invalid` for a
    forged token, and `Gone` for an invitation that does not exist any more."""
    invitation_id, address = read_token(token)
    invitation = organizations.find_invitation(invitation_id)
    if invitation is None:
        raise Gone("invitation_ended")
    return MailedInvitation(invitation, address, invitation.user or User.objects.find_by_email(address))


def show_mailed(*, token: str, now: datetime) -> MailedInvitation:
    """Return the invitation, for who decides about it. Raise what `find_mailed` raises, and `Gone` where it can
    neither be accepted nor was."""
    found = find_mailed(token=token)
    if not invitations.was_accepted(found.invitation):
        invitations.require_open(found.invitation, now)
    return found


def accept_mailed(*, user: User, token: str, now: datetime) -> Invitation:
    """Accept an invitation with the account that it is for, and mark its address as verified if the mail went there.
    Raise `Forbidden` for any other account."""
    found = find_mailed(token=token)
    if found.account is None or found.account.pk != user.pk:
        raise Forbidden("invitation_for_another_address")
    with transaction.atomic():
        if email_key(user.email) == found.address:
            mark_verified(user=user, now=now)
        return invitations.accept_invitation(actor=user, invitation_id=found.invitation.pk, now=now)


def sign_up_mailed(
    *, token: str, password: str | None, place: SignInPlace, now: datetime, **names: Unpack[Names]
) -> tuple[Session, TokenPair]:
    """Return the first login of a new user, and its tokens. The user is a member, and has the address that the
    invitation was mailed to, verified. Raise `Unauthenticated` where somebody who has the address must sign in."""
    found = find_mailed(token=token)
    if found.has_account:
        raise Unauthenticated("sign_in_to_accept")
    invitations.require_open(found.invitation, now)
    signup.require_allowed(invited=True)
    if password is None:
        raise Invalid("required", "Choose a password for your new account.", pointer="/password")
    rates.spend("register", place.address)
    email = found.invitation.email
    passwords.require_good(password, User(email=email, **names), pointer="/password")
    user = User.objects.describe_user(email, password, email_verified_at=now, **names)
    try:
        with transaction.atomic():
            user.save()
            invitations.accept_invitation(actor=user, invitation_id=found.invitation.pk, now=now)
            return sessions.start_login(user=user, place=place, now=now)
    except IntegrityError:
        raise Unauthenticated("sign_in_to_accept") from None


def decline_mailed(*, token: str, block: bool = False) -> None:
    """Decline an invitation for whoever has its mail. With `block`, later ones of the organization reach the person no
    more: neither the address, nor the account that it is for."""
    found = find_mailed(token=token)
    invitations.decline_by_mail(invitation_id=found.invitation.pk, key=found.address, user=found.account, block=block)
