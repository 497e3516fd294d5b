"""Who may see and run which organization.

Users are whatever model signs in: this app stands below accounts (docs/adr/0007).
"""

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery

from albumen.errors import Forbidden, NotFound
from albumen.organizations.models import Membership, Organization, Role
from albumen.viewers import Viewer, is_administrator


def organizations_visible_to(viewer: Viewer) -> QuerySet[Organization]:
    """All of them, each with the viewer's `own_role`: name and description are public to whoever is signed in."""
    own = Membership.objects.filter(organization=OuterRef("pk"), user_id=viewer.pk).values("role")
    organizations = Organization.objects.annotate(own_role=Subquery(own))
    return organizations if viewer.is_authenticated else organizations.none()


def get_organization(viewer: Viewer, organization_id: int, *, lock: bool = False) -> Organization:
    """One organization; `NotFound` when there is none. `lock` keeps its memberships as they are to the end of the
    transaction: whoever writes any takes it first."""
    organizations = organizations_visible_to(viewer)
    if lock:
        organizations = organizations.select_for_update(of=("self",))
    organization = organizations.filter(pk=organization_id).first()
    if organization is None:
        raise NotFound
    return organization


def get_managed_organization(viewer: Viewer, organization_id: int, *, lock: bool = False) -> Organization:
    """The same for those who run it: its owners, and administrators; `Forbidden` for others."""
    organization = get_organization(viewer, organization_id, lock=lock)
    # Asked anew, because who waits for the lock has read the role before.
    if not is_administrator(viewer) and role_in(viewer, organization_id) != Role.OWNER:
        raise Forbidden("not_an_owner")
    return organization


def role_in(viewer: Viewer, organization_id: int) -> str | None:
    """The viewer's role, or None for whoever is not a member."""
    found = Membership.objects.filter(user_id=viewer.pk, organization_id=organization_id)
    return found.values_list("role", flat=True).first()


def organizations_of(viewer: Viewer, *roles: Role) -> QuerySet[Membership, int]:
    """The ids of the organizations that the viewer belongs to, in one of these roles where some are named."""
    memberships = Membership.objects.filter(user_id=viewer.pk)
    if roles:
        memberships = memberships.filter(role__in=roles)
    return memberships.values_list("organization_id", flat=True)


def memberships_visible_to(viewer: Viewer) -> QuerySet[Membership]:
    """Those of active users; administrators see all."""
    memberships = Membership.objects.select_related("user")
    return memberships if is_administrator(viewer) else memberships.filter(user__is_active=True)


def members_of(viewer: Viewer, organization_id: int) -> QuerySet[Membership]:
    """The members of one organization; `NotFound` when there is none."""
    return memberships_visible_to(viewer).filter(organization=get_organization(viewer, organization_id))


def get_membership(viewer: Viewer, organization_id: int, user_id: int) -> Membership:
    """One member; `NotFound` for whoever is not one, or is hidden."""
    found = memberships_visible_to(viewer).filter(organization_id=organization_id, user_id=user_id).first()
    if found is None:
        raise NotFound("not_found", "This user is not a member.")
    return found


def recipients_of(organization_id: int) -> set[int]:
    """Who is told when its memberships change: its active members."""
    return recipients_of_each([organization_id])[organization_id]


def recipients_of_each(organization_ids: Iterable[int]) -> dict[int, set[int]]:
    """The same for each of many."""
    told: dict[int, set[int]] = {organization_id: set() for organization_id in organization_ids}
    members = Membership.objects.filter(organization_id__in=told, user__is_active=True)
    for organization_id, user_id in members.values_list("organization_id", "user_id"):
        told[organization_id].add(user_id)
    return told
