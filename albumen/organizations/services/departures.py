"""What happens to a user's memberships when the user's account is deleted."""

from collections.abc import Iterable
from contextlib import suppress

from django.db.models import Exists, Q

from albumen.errors import Conflict
from albumen.events.services import NewEvent
from albumen.organizations import access
from albumen.organizations.models import Membership, Organization
from albumen.organizations.services.member_events import member_removed
from albumen.organizations.services.organizations import delete_without_albums
from albumen.organizations.services.owners import left_without_owner, other_members, require_none
from albumen.viewers import Viewer


def prepare_leaving(*, user: Viewer) -> list[Organization]:
    """Lock the user's organizations, and return those without another member, for `delete_empty_organizations`.

    Raise `Conflict` when active members would be left in an organization without an owner. This runs in the
    transaction that deletes the user.
    """
    mine = Membership.objects.filter(user_id=user.pk)
    access.lock_organizations(Q(pk__in=mine.values("organization_id")))
    others = other_members(user.pk)
    require_none(left_without_owner(user.pk, mine).filter(Exists(others.filter(user__is_active=True))))
    return list(Organization.objects.filter(~Exists(others), pk__in=mine.values("organization_id")))


def events_of_leaving(user: Viewer) -> list[NewEvent]:
    """Return the events for the other members of the user's organizations."""
    memberships = Membership.objects.filter(user_id=user.pk).select_related("organization").order_by("organization_id")
    organizations = [membership.organization for membership in memberships]
    recipients = access.recipients_by_organization(organization.pk for organization in organizations)
    return [member_removed(one, user.pk, recipients[one.pk] - {user.pk}) for one in organizations]


def delete_empty_organizations(*, organizations: Iterable[Organization]) -> None:
    """Delete those of the organizations that own no album. The others are left to administrators."""
    for organization in organizations:
        with suppress(Conflict):
            delete_without_albums(organization)
