"""Create, change and delete organizations."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import ProtectedError

from albumen.errors import Conflict, Forbidden
from albumen.events.services import publish
from albumen.organizations import access
from albumen.organizations.models import Membership, Organization, Role
from albumen.organizations.services.member_events import member_added, member_removed
from albumen.viewers import Viewer, is_administrator


@transaction.atomic
def create_organization(*, actor: Viewer, now: datetime, **fields: str | bool) -> Organization:
    """Return a new organization, which the actor owns. `fields` are name, description and open. Raise `Forbidden` when
    the actor owns as many as an account may; administrators may own more."""
    # Locked, so that many requests at once make no more than one by one.
    get_user_model().objects.lock(actor.pk)
    owned = Membership.objects.filter(user_id=actor.pk, role=Role.OWNER)
    if not is_administrator(actor) and owned.count() >= settings.MAX_ORGANIZATIONS:
        raise Forbidden("too_many_organizations")
    organization = Organization.objects.create(**fields, created_at=now)
    membership = Membership.objects.create(organization=organization, user_id=actor.pk, role=Role.OWNER, joined_at=now)
    publish(member_added(membership), now=now)
    return access.get_organization(actor, organization.pk)


@transaction.atomic
def change_organization(*, actor: Viewer, organization_id: int, **changes: str | bool) -> Organization:
    """Change name, description or open; absent fields stay. For owners and administrators."""
    organization = access.get_managed_organization(actor, organization_id, lock=True)
    for field, value in changes.items():
        setattr(organization, field, value)
    organization.save(update_fields=list(changes))
    return organization


@transaction.atomic
def delete_organization(*, actor: Viewer, organization_id: int, now: datetime) -> None:
    """Delete an organization with its memberships, for owners and administrators. Raise `Conflict` while it owns
    albums."""
    organization = access.get_managed_organization(actor, organization_id, lock=True)
    # Each member gets one event, their own. With an event of every member for every member, there would be too many.
    recipients = sorted(access.recipients_of(organization.pk))
    events = [member_removed(organization, member, [member]) for member in recipients]
    delete_without_albums(organization)
    publish(*events, now=now)


def delete_without_albums(organization: Organization) -> None:
    """Delete the row with its memberships. Raise `Conflict` while the organization owns albums."""
    try:
        organization.delete()
    except ProtectedError:
        raise Conflict("organization_owns_albums") from None
