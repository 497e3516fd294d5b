"""Add members, change their roles, join and leave.

Each of these locks the organization first, so that they take turns: when the last two owners leave at the same time,
one of them stays.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeGuard

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal

from albumen.errors import Forbidden, Invalid
from albumen.events.services import publish
from albumen.organizations import access
from albumen.organizations.models import Contacts, Invitation, Membership, Organization, Role
from albumen.organizations.services.invitations import close_invitations_to, invite
from albumen.organizations.services.member_events import member_added, member_removed
from albumen.organizations.services.owners import left_without_owner, require_none
from albumen.organizations.services.people import find_newcomer
from albumen.sentences import Sentence
from albumen.viewers import Viewer, is_administrator, require_administrator

if TYPE_CHECKING:
    from albumen.accounts.models import User

# Sent in the transaction in which a user ceases to be an owner or editor of organizations, with `user_id` and
# `organization_ids`, to the apps that keep something for those who are.
editing_ended = Signal()


def add_or_invite(
    *,
    actor: Viewer,
    organization_id: int,
    role: str,
    now: datetime,
    user: int | None = None,
    email: str | None = None,
) -> Membership | Invitation:
    """Make somebody a member, for an administrator, or invite them, for an owner. Raise what `add_member` and `invite`
    raise."""
    write = add_member if is_administrator(actor) else invite
    return write(actor=actor, organization_id=organization_id, role=role, now=now, user=user, email=email)


def is_invitation(made: Membership | Invitation) -> TypeGuard[Invitation]:
    """Return whether `add_or_invite` has made an invitation."""
    return isinstance(made, Invitation)


@transaction.atomic
def add_member(
    *,
    actor: Viewer,
    organization_id: int,
    role: str,
    now: datetime,
    user: int | None = None,
    email: str | None = None,
) -> Membership:
    """Make an active user a member, by id or by e-mail, without asking; for administrators. Raise `Invalid` when there
    is no such user, `Conflict` when the user is a member already."""
    require_administrator(actor)
    organization = access.get_organization(actor, organization_id, lock=True)
    found = find_newcomer(organization.pk, user_id=user, email=email)
    membership = Membership.objects.create(organization=organization, user=found, role=role, joined_at=now)
    close_invitations_to(user=found, organization_ids=[organization.pk])
    publish(member_added(membership), now=now)
    return membership


@transaction.atomic
def change_membership(
    *,
    actor: Viewer,
    organization_id: int,
    user_id: int,
    now: datetime,
    role: str | None = None,
    contacts: str | None = None,
) -> Membership:
    """Change the role, for owners and administrators, or whom the member shows e-mail and phone to, for the member
    alone. What the actor may read may be sent back unchanged. Raise `Conflict` for the last owner."""
    membership = access.get_changeable_membership(actor, organization_id, user_id, lock=True)
    own = user_id == actor.pk
    if contacts is not None and not own:
        if contacts != membership.contacts or not access.may_read_choice_of_contacts(actor, membership):
            raise Forbidden("not_your_contacts")
    elif contacts is not None:
        membership.contacts = contacts
        membership.save(update_fields=["contacts"])
    if role is not None and not (own and role == membership.role):
        access.get_managed_organization(actor, organization_id)
        _change_role(membership, role, now=now)
    return membership


def _change_role(membership: Membership, role: str, *, now: datetime) -> None:
    if role != Role.OWNER:
        require_none(left_without_owner(membership.user_id, Membership.objects.filter(pk=membership.pk)))
    membership.role = role
    membership.save(update_fields=["role"])
    if role == Role.VIEWER:
        ended = [membership.organization_id]
        editing_ended.send(Membership, user_id=membership.user_id, organization_ids=ended)
    # A role has no event of its own: clients that get this one replace the role that they know.
    publish(member_added(membership), now=now)


@transaction.atomic
def remove_member(*, actor: Viewer, organization_id: int, user_id: int, now: datetime) -> None:
    """Remove a member: owners and administrators remove anybody, every member may leave. Raise `Conflict` for the last
    owner."""
    find = access.get_organization if user_id == actor.pk else access.get_managed_organization
    organization = find(actor, organization_id, lock=True)
    membership = access.get_membership(actor, organization.pk, user_id)
    require_none(left_without_owner(user_id, Membership.objects.filter(pk=membership.pk)))
    membership.delete()
    editing_ended.send(Membership, user_id=user_id, organization_ids=[organization_id])
    close_invitations_to(user=membership.user, organization_ids=[organization.pk])
    publish(member_removed(organization, user_id, {user_id, *access.recipients_of(organization.pk)}), now=now)


@transaction.atomic
def join_organization(*, actor: "User", organization_id: int, now: datetime) -> Membership:
    """Join an open organization as a viewer who shows no contacts; a member stays as before. Raise `Forbidden` where
    it is closed."""
    organization = access.get_organization(actor, organization_id, lock=True)
    membership = Membership.objects.filter(organization=organization, user=actor).first()
    if membership is not None:
        return membership
    _require_open(organization)
    membership = _joining(organization, actor, now)
    membership.save()
    publish(member_added(membership), now=now)
    return membership


@transaction.atomic
def set_memberships(*, user: "User", organization_ids: Iterable[int], now: datetime) -> None:
    """Join the organizations with these ids, which must be open, and leave all others; all of it or nothing."""
    wanted = set(organization_ids)
    mine = Membership.objects.filter(user=user)
    left = mine.exclude(organization_id__in=wanted)
    locked = access.lock_organizations(Q(pk__in=wanted) | Q(pk__in=left.values("organization_id")))
    if wanted - {organization.pk for organization in locked}:
        raise Invalid("unknown_organization", pointer="/organizations")
    kept = set(mine.filter(organization_id__in=wanted).values_list("organization_id", flat=True))
    joined = [organization for organization in locked if organization.pk in wanted - kept]
    for organization in joined:
        _require_open(organization, pointer="/organizations")
    require_none(left_without_owner(user.pk, left), pointer="/organizations")
    # The user is a recipient in both cases, as a member until now or from now on.
    recipients = access.recipients_by_organization(organization.pk for organization in locked)
    parted = [organization for organization in locked if organization.pk not in wanted]
    events = [member_removed(one, user.pk, recipients[one.pk]) for one in parted]
    left.delete()
    editing_ended.send(Membership, user_id=user.pk, organization_ids=[one.pk for one in parted])
    close_invitations_to(user=user, organization_ids=[one.pk for one in parted])
    created = [_joining(organization, user, now) for organization in joined]
    Membership.objects.bulk_create(created)
    events += [member_added(one, {user.pk, *recipients[one.organization_id]}) for one in created]
    publish(*events, now=now)


def require_open_organizations(*, organization_ids: Iterable[int], pointer: str) -> None:
    """Raise `Invalid` unless all these organizations exist, and `Forbidden` unless they are open."""
    wanted = set(organization_ids)
    found = list(Organization.objects.filter(pk__in=wanted))
    if len(found) < len(wanted):
        raise Invalid("unknown_organization", pointer=pointer)
    for organization in found:
        _require_open(organization, pointer=pointer)


def _joining(organization: Organization, user: "User", now: datetime) -> Membership:
    """Return a new membership of somebody whom nobody of the organization knows yet: it shows no contacts."""
    return Membership(organization=organization, user=user, contacts=Contacts.NONE, joined_at=now)


def _require_open(organization: Organization, *, pointer: str | None = None) -> None:
    if not organization.open:
        detail = Sentence("%(name)s is closed: ask one of its owners to invite you.", name=organization.name)
        raise Forbidden("organization_closed", detail, pointer=pointer)
