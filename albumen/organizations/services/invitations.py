"""Invite people, accept, decline and revoke.

An invitation to an address is answered alike whether or not somebody has it: the rest is in the mail. Everything that
ends an invitation locks its organization first, so that of an acceptance, a refusal and a revocation at the same time
one wins.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from albumen import rates
from albumen.contacts import email_key
from albumen.errors import Conflict, Forbidden, Gone, NotFound
from albumen.events.services import publish
from albumen.mails.queue import queue_mail
from albumen.organizations import access
from albumen.organizations.models import Invitation, InvitationBlock, InvitationState, Membership, Organization
from albumen.organizations.services.member_events import member_added
from albumen.organizations.services.people import find_newcomer
from albumen.sentences import Sentence
from albumen.viewers import Viewer

if TYPE_CHECKING:
    from albumen.accounts.models import User

LIFETIME = timedelta(days=14)
# Renewing an invitation does not mail it again sooner.
PAUSE_OF_MAILS = timedelta(hours=1)
# Expired ones are kept for a while, so that their mails are not sent too often.
KEPT = timedelta(days=30)


def invite(
    *,
    actor: Viewer,
    organization_id: int,
    role: str,
    now: datetime,
    user: int | None = None,
    email: str | None = None,
) -> Invitation:
    """Return a pending invitation by id or by e-mail, new or renewed; for owners and administrators.

    Raise `Invalid` when there is no active user with this id, `Conflict` when this user is a member, `LimitReached`
    after too many invitations of the actor or the organization, `Forbidden` when too many are pending.
    """
    access.get_managed_organization(actor, organization_id)
    rates.spend("invite", str(actor.pk))
    rates.spend("invite_organization", str(organization_id))
    with transaction.atomic():
        organization = access.get_managed_organization(actor, organization_id, lock=True)
        invitation = _invitation_to(organization, user, email or "")
        sent = access.sent_invitations(actor, organization_id, now)
        if invitation.pk is None or not sent.filter(pk=invitation.pk).exists():
            if sent.count() >= settings.MAX_INVITATIONS:
                detail = Sentence("%(most)s invitations are pending already.", most=settings.MAX_INVITATIONS)
                raise Forbidden("too_many_invitations", detail)
            invitation.created_at = now
        invitation.inviter_id, invitation.role, invitation.email = actor.pk, role, email or ""
        invitation.state, invitation.expires_at = InvitationState.PENDING, now + LIFETIME
        _save_and_mail(invitation, now)
        return sent.get(pk=invitation.pk)


def _invitation_to(organization: Organization, user_id: int | None, email: str) -> Invitation:
    """Return the organization's invitation to this user or else to this address, also one that has ended; where there
    is none, a new one that is not saved yet. Raise what `find_newcomer` raises."""
    target: dict[str, object] = {"user": None, "email_key": email_key(email)}
    if user_id is not None:
        target = {"user": find_newcomer(organization.pk, user_id=user_id), "email_key": ""}
    found = Invitation.objects.filter(organization=organization, **target).first()
    return found or Invitation(organization=organization, **target)


def _save_and_mail(invitation: Invitation, now: datetime) -> None:
    due = invitation.mailed_at is None or invitation.mailed_at <= now - PAUSE_OF_MAILS
    if due:
        invitation.mailed_at = now
    invitation.save()
    if due:
        queue_mail("invitation", invitation=invitation.pk, now=now)


@transaction.atomic
def revoke_invitation(*, actor: Viewer, organization_id: int, invitation_id: int, now: datetime) -> None:
    """End an invitation of the organization, for owners and administrators. Raise `NotFound` when it has ended."""
    access.get_managed_organization(actor, organization_id, lock=True)
    invitation = access.sent_invitations(actor, organization_id, now).filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    _end(invitation, InvitationState.REVOKED)


@transaction.atomic
def accept_invitation(*, actor: "User", invitation_id: int, now: datetime) -> Invitation:
    """Make the actor a member with the role of the invitation, which the actor has received. A member keeps the role,
    and accepting twice changes nothing. Raise `Gone` when the invitation has ended."""
    organization = _lock_organization_of(invitation_id)
    invitation = access.get_received_invitation(actor, invitation_id)
    member = access.is_member(actor, organization.pk)
    if member and was_accepted(invitation):
        return invitation
    require_open(invitation, now)
    _end(invitation, InvitationState.ACCEPTED)
    if member:
        return invitation
    membership = Membership.objects.create(organization=organization, user=actor, role=invitation.role, joined_at=now)
    close_invitations_to(user=actor, organization_ids=[organization.pk])
    access.blocks_by(actor, email_key(actor.email)).filter(organization=organization).delete()
    publish(member_added(membership), now=now)
    return invitation


@transaction.atomic
def decline_invitation(*, actor: "User", invitation_id: int, block: bool = False) -> None:
    """Decline an invitation that the actor has received; declining twice is no error. With `block`, later ones of the
    organization reach the actor no more. Raise `Conflict` when the actor has accepted it."""
    _lock_organization_of(invitation_id)
    invitation = access.get_received_invitation(actor, invitation_id)
    key = email_key(actor.email) if actor.email_verified_at else invitation.email_key
    _decline(invitation, actor, key, block=block)


@transaction.atomic
def decline_by_mail(*, invitation_id: int, key: str, user: "User | None", block: bool = False) -> None:
    """Decline an invitation for whoever has the mail that was sent to the address with this key, as
    `decline_invitation` does. `user` is the account to which the invitation or the address belongs, if any."""
    _lock_organization_of(invitation_id)
    invitation = access.find_invitation(invitation_id)
    if invitation is None:
        raise Gone("invitation_ended")
    _decline(invitation, user, key, block=block)


def _decline(invitation: Invitation, user: "User | None", key: str, *, block: bool) -> None:
    organization = invitation.organization
    if was_accepted(invitation):
        if user is not None and access.is_member(user, organization.pk):
            raise Conflict("invitation_accepted")
    elif invitation.state == InvitationState.PENDING:
        _end(invitation, InvitationState.CLOSED)
    if block:
        InvitationBlock.objects.get_or_create(organization=organization, user=user, email_key=key)


def close_invitations_to(*, user: "User", organization_ids: Iterable[int]) -> None:
    """Close the pending invitations to a user who has become a member of these organizations, or ceases to be one:
    none of them lets the user in again."""
    pending = Invitation.objects.filter(organization__in=organization_ids, state=InvitationState.PENDING)
    pending.filter(access.addressed_to(user)).update(state=InvitationState.CLOSED)


def was_accepted(invitation: Invitation) -> bool:
    """Return whether the invitation was accepted."""
    return invitation.state == InvitationState.ACCEPTED


def require_open(invitation: Invitation, now: datetime) -> None:
    """Raise `Gone` unless the invitation can be accepted now."""
    if invitation.state == InvitationState.PENDING and invitation.expires_at <= now:
        raise Gone("invitation_expired")
    if not access.open_invitations(now).filter(pk=invitation.pk).exists():
        raise Gone("invitation_ended")


def delete_old_invitations(*, now: datetime) -> int:
    """Delete invitations that expired long ago, and with them the addresses of people; return how many."""
    return Invitation.objects.filter(expires_at__lte=now - KEPT).delete()[0]


def _lock_organization_of(invitation_id: int) -> Organization:
    found = Organization.objects.select_for_update(of=("self",)).filter(invitations=invitation_id).first()
    if found is None:
        raise NotFound
    return found


def _end(invitation: Invitation, state: InvitationState) -> None:
    invitation.state = state
    invitation.save(update_fields=["state"])
