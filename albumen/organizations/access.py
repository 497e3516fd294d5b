"""The rules of who may see and manage which organization. This app is below accounts (docs/adr/0007), and knows users
as `Viewer`."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from albumen.compiled_queries import CompiledQuery, fetch_objects
from albumen.contacts import email_key
from albumen.errors import Forbidden, NotFound
from albumen.organizations.models import (
    Contacts,
    Invitation,
    InvitationBlock,
    InvitationState,
    Membership,
    Organization,
    Role,
)
from albumen.viewers import Viewer, ViewerLike, is_administrator

if TYPE_CHECKING:
    from albumen.accounts.models import User


def organizations_visible_to(viewer: Viewer) -> QuerySet[Organization]:
    """Return all organizations, each with the viewer's `own_role`, which is None unless the viewer is a member.
    Anonymous viewers see none."""
    own = Membership.objects.filter(organization=OuterRef("pk"), user_id=viewer.pk).values("role")
    organizations = Organization.objects.annotate(own_role=Subquery(own))
    return organizations if viewer.is_authenticated else organizations.none()


def get_organization(viewer: Viewer, organization_id: int, *, lock: bool = False) -> Organization:
    """Return one organization; raise `NotFound` when there is none. `lock` keeps its memberships unchanged until the
    transaction ends: every writer of memberships takes this lock first."""
    if not viewer.is_authenticated:
        raise NotFound
    if lock:
        locked = organizations_visible_to(viewer).select_for_update(of=("self",))
        organization = locked.filter(pk=organization_id).first()
    else:
        organization = next(fetch_objects(_one_organization, values=(viewer.pk, organization_id)), None)
    if organization is None:
        raise NotFound
    return organization


def _one_organization(viewer_id: int, organization_id: int) -> QuerySet[Organization]:
    return _organizations_visible_to(viewer_id).filter(pk=organization_id).order_by()


def listed_organizations(viewer: "User") -> CompiledQuery[Organization]:
    """Return the list of all organizations, with the viewer's `own_role` in each."""
    return CompiledQuery(_organizations_visible_to, (viewer.pk,))


def _organizations_visible_to(viewer_id: int) -> QuerySet[Organization]:
    return organizations_visible_to(ViewerLike(viewer_id, is_staff=False))


def get_managed_organization(viewer: Viewer, organization_id: int, *, lock: bool = False) -> Organization:
    """Return one organization for its owners and for administrators; raise `Forbidden` for others, and `NotFound` when
    there is none."""
    organization = get_organization(viewer, organization_id, lock=lock)
    # Read again, because the query has read `own_role` before it waited for the lock.
    if not is_administrator(viewer) and role_in(viewer, organization_id) != Role.OWNER:
        raise Forbidden("not_an_owner")
    return organization


def lock_organizations(condition: Q) -> list[Organization]:
    """Lock and return the organizations that the condition selects, in the order of their ids, so that no two writers
    wait for each other."""
    return list(Organization.objects.select_for_update().filter(condition).order_by("pk"))


def role_in(viewer: Viewer, organization_id: int) -> str | None:
    """Return the viewer's role, or None when the viewer is not a member."""
    found = Membership.objects.filter(user_id=viewer.pk, organization_id=organization_id)
    return found.values_list("role", flat=True).first()


def first_owner_of(organization_id: int, *, other_than: int) -> int | None:
    """Return the id of the active owner who has been a member for longest, not counting this user; None if there is no
    such owner."""
    owners = Membership.objects.filter(organization_id=organization_id, role=Role.OWNER, user__is_active=True)
    return owners.exclude(user_id=other_than).order_by("joined_at", "pk").values_list("user_id", flat=True).first()


def organizations_of(viewer: Viewer, *roles: Role) -> QuerySet[Membership, int]:
    """Return the ids of the organizations in which the viewer has one of these roles, or any role without `roles`."""
    memberships = Membership.objects.filter(user_id=viewer.pk)
    if roles:
        memberships = memberships.filter(role__in=roles)
    return memberships.values_list("organization_id", flat=True)


def memberships_visible_to(viewer: Viewer) -> QuerySet[Membership]:
    """Return the memberships of active users; for administrators all."""
    memberships = Membership.objects.select_related("user")
    return memberships if is_administrator(viewer) else memberships.filter(user__is_active=True)


def listed_members(viewer: Viewer, organization_id: int) -> CompiledQuery[Membership]:
    """Return the list of the visible memberships of one organization; raise `NotFound` when there is none."""
    get_organization(viewer, organization_id)
    return CompiledQuery(_members_to_list, (organization_id,), variant=(is_administrator(viewer),))


def _members_to_list(administrator: bool, organization_id: int) -> QuerySet[Membership]:
    return memberships_visible_to(ViewerLike(None, is_staff=administrator)).filter(organization=organization_id)


def get_membership(viewer: Viewer, organization_id: int, user_id: int) -> Membership:
    """Return one visible membership; raise `NotFound` when there is none."""
    found = memberships_visible_to(viewer).filter(organization_id=organization_id, user_id=user_id).first()
    if found is None:
        raise NotFound("not_found", "This user is not a member.")
    return found


def get_managed_membership(viewer: Viewer, organization_id: int, user_id: int, *, lock: bool = False) -> Membership:
    """Return one visible membership, for owners and administrators. Raise what `get_managed_organization` and
    `get_membership` raise."""
    get_managed_organization(viewer, organization_id, lock=lock)
    return get_membership(viewer, organization_id, user_id)


def get_changeable_membership(viewer: Viewer, organization_id: int, user_id: int, *, lock: bool = False) -> Membership:
    """Return a membership of which the viewer may change something: one's own, and any for owners and administrators.
    Raise what `get_managed_membership` raises."""
    if user_id != viewer.pk:
        return get_managed_membership(viewer, organization_id, user_id, lock=lock)
    get_organization(viewer, organization_id, lock=lock)
    return get_membership(viewer, organization_id, user_id)


def may_read_choice_of_contacts(viewer: Viewer, membership: Membership) -> bool:
    """Return whether the viewer may know whom the member shows e-mail and phone to: the member and administrators."""
    return viewer.pk == membership.user_id or is_administrator(viewer)


def shows_contacts(membership: Membership, role: str | None) -> bool:
    """Return whether the member shows e-mail and phone to somebody with this role in the same organization; None is
    no role."""
    shown_to = {Contacts.NONE: (), Contacts.OWNERS: (Role.OWNER,), Contacts.MEMBERS: tuple(Role)}
    return role in shown_to[Contacts(membership.contacts)]


def recipients_of(organization_id: int) -> set[int]:
    """Return the ids of the users who get an event when the organization's memberships change: its active members."""
    return recipients_by_organization([organization_id])[organization_id]


def recipients_by_organization(organization_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return the ids of the active members of each of these organizations."""
    recipients: dict[int, set[int]] = {organization_id: set() for organization_id in organization_ids}
    members = Membership.objects.filter(organization_id__in=recipients, user__is_active=True)
    for organization_id, user_id in members.values_list("organization_id", "user_id"):
        recipients[organization_id].add(user_id)
    return recipients


def addressed_to(user: "User") -> Q:
    """Return the condition of invitations to this user: to the account, or to its address once that is proved."""
    to_account = Q(user=user)
    if user.email_verified_at is None:
        return to_account
    return to_account | Q(user=None, email_key=email_key(user.email))


def open_invitations(now: datetime) -> QuerySet[Invitation]:
    """Return the invitations that can be accepted: those that are pending, have not expired, and come from somebody
    who may still invite."""
    return _standing_invitations(now).filter(state=InvitationState.PENDING)


def sent_invitations(viewer: Viewer, organization_id: int, now: datetime) -> QuerySet[Invitation]:
    """Return the invitations of an organization that have not ended, for its owners and administrators; those that the
    invited people have declined are among them. Raise what `get_managed_organization` raises."""
    organization = get_managed_organization(viewer, organization_id)
    standing = _standing_invitations(now).filter(organization=organization)
    return standing.filter(state__in=(InvitationState.PENDING, InvitationState.CLOSED))


def _standing_invitations(now: datetime) -> QuerySet[Invitation]:
    owns = Membership.objects.filter(organization=OuterRef("organization"), user=OuterRef("inviter"), role=Role.OWNER)
    may_invite = Q(inviter__is_active=True) & (Q(inviter__is_staff=True) | Exists(owns))
    return Invitation.objects.select_related("organization", "inviter").filter(may_invite, expires_at__gt=now)


def received_invitations(user: "User", now: datetime) -> QuerySet[Invitation]:
    """Return the open invitations that reach this user: to an organization that the user is not in and does not
    block."""
    member = Membership.objects.filter(organization=OuterRef("organization"), user=user)
    blocks = blocks_by(user, email_key(user.email)).filter(organization=OuterRef("organization"))
    return open_invitations(now).filter(addressed_to(user), ~Exists(member), ~Exists(blocks))


def get_received_invitation(user: "User", invitation_id: int) -> Invitation:
    """Return one invitation to this user, also one that has ended; raise `NotFound` for any other."""
    invitations = Invitation.objects.select_related("organization", "inviter")
    found = invitations.filter(addressed_to(user), pk=invitation_id).first()
    if found is None:
        raise NotFound
    return found


def find_invitation(invitation_id: int) -> Invitation | None:
    """Return any invitation, for whoever shows the token of its mail; None when there is none any more."""
    return Invitation.objects.select_related("organization", "inviter", "user").filter(pk=invitation_id).first()


def blocks_by(user: "User | None", key: str) -> QuerySet[InvitationBlock]:
    """Return the blocks of organizations by this user, if any, and by whoever has the address with this key."""
    by_address = Q(email_key=key)
    return InvitationBlock.objects.filter(by_address if user is None else by_address | Q(user=user))


def is_member(user: "User", organization_id: int) -> bool:
    """Return whether the user is a member of the organization."""
    return Membership.objects.filter(user=user, organization_id=organization_id).exists()
