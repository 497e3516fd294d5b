"""The rule that an organization keeps at least one active owner."""

from django.db.models import Exists, OuterRef, QuerySet

from albumen.errors import Conflict
from albumen.organizations.models import Membership, Organization, Role
from albumen.sentences import Sentence


def other_members(user_id: int) -> QuerySet[Membership]:
    """Return a subquery of the members, except this user, of each organization of the outer query."""
    return Membership.objects.filter(organization=OuterRef("pk")).exclude(user_id=user_id)


def left_without_owner(user_id: int, leaving: QuerySet[Membership]) -> QuerySet[Organization]:
    """Return the organizations that would have no active owner once the user has lost these memberships."""
    owned = leaving.filter(role=Role.OWNER)
    other_owners = other_members(user_id).filter(role=Role.OWNER, user__is_active=True)
    return Organization.objects.filter(~Exists(other_owners), pk__in=owned.values("organization_id"))


def require_none(without_owner: QuerySet[Organization], *, pointer: str | None = None) -> None:
    """Raise `Conflict`, which names the first of these organizations, if there is one."""
    if organization := without_owner.first():
        detail = Sentence("%(name)s needs an owner: make somebody else one first.", name=organization.name)
        raise Conflict("last_owner", detail, pointer=pointer)
