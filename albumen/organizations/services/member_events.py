"""The events that tell the members of an organization who joins, leaves, or gets another role."""

from collections.abc import Collection

from albumen.events.services import NewEvent
from albumen.organizations import access
from albumen.organizations.models import Membership, Organization


def member_added(membership: Membership, recipients: Collection[int] | None = None) -> NewEvent:
    """Return the event of a new member or of a member's new role, for the active members if no recipients are
    given."""
    organization, role = membership.organization, str(membership.role)
    if recipients is None:
        recipients = access.recipients_of(organization.pk)
    return NewEvent("organization.member_added", _data(organization, membership.user_id, role), recipients)


def member_removed(organization: Organization, user_id: int, recipients: Collection[int]) -> NewEvent:
    """Return the event of a member who was removed or has left."""
    return NewEvent("organization.member_removed", _data(organization, user_id, None), recipients)


def _data(organization: Organization, user_id: int, role: str | None) -> dict[str, object]:
    return {"organization": organization.pk, "name": organization.name, "user": user_id, "role": role}
