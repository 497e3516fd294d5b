"""The writes on organizations and memberships. Each asks `access` whether the actor may do it.

Writers of memberships lock the organization first, so that they take turns: when the last two owners leave at the same
time, one of them stays. Only active owners count.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet

from albumen.errors import Conflict, Forbidden, Invalid
from albumen.events.services import NewEvent, publish
from albumen.organizations import access
from albumen.organizations.models import Membership, Organization, Role
from albumen.sentences import Sentence
from albumen.viewers import Viewer

if TYPE_CHECKING:
    from albumen.accounts.models import User


@transaction.atomic
def create_organization(
    *,
    actor: Viewer,
    name: str,
    now: datetime,
    description: str = "",
    open: bool = False,  # noqa: A002  (the contract's)
) -> Organization:
    """Return a new organization, which the actor owns."""
    organization = Organization.objects.create(name=name, description=description, open=open, created_at=now)
    membership = Membership.objects.create(organization=organization, user_id=actor.pk, role=Role.OWNER, joined_at=now)
    publish(_added(membership), now=now)
    return access.get_organization(actor, organization.pk)


@transaction.atomic
def change_organization(*, actor: Viewer, organization_id: int, **changes: object) -> Organization:
    """Change name, description or openness; absent fields stay. For owners and administrators."""
    organization = access.get_managed_organization(actor, organization_id, lock=True)
    for field, value in changes.items():
        setattr(organization, field, value)
    organization.save(update_fields=list(changes))
    return organization


@transaction.atomic
def delete_organization(*, actor: Viewer, organization_id: int, now: datetime) -> None:
    """Delete it with its memberships, for owners and administrators. Raise `Conflict` while it owns albums."""
    organization = access.get_managed_organization(actor, organization_id, lock=True)
    # Each member gets one event: if all got one for each member, their number would be squared.
    events = [_removed(organization, member, [member]) for member in sorted(access.recipients_of(organization.pk))]
    _delete(organization)
    publish(*events, now=now)


def _delete(organization: Organization) -> None:
    try:
        organization.delete()
    except ProtectedError:
        raise Conflict("organization_owns_albums") from None


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
    """Make an active user a member, by id or by e-mail; for owners and administrators. Raise `Invalid` when there is
    no such user, `Conflict` when the user is a member already."""
    organization = access.get_managed_organization(actor, organization_id, lock=True)
    found = _find_active(user, email)
    if Membership.objects.filter(organization=organization, user=found).exists():
        raise Conflict("already_member")
    membership = Membership.objects.create(organization=organization, user=found, role=role, joined_at=now)
    publish(_added(membership), now=now)
    return membership


def _find_active(user_id: int | None, email: str | None) -> "User":
    model = get_user_model()
    with suppress(model.DoesNotExist):
        users = model._default_manager
        found = users.get(pk=user_id) if user_id is not None else users.get_by_natural_key(email)
        if found.is_active:
            return found
    pointer = "/user" if user_id is not None else "/email"
    raise Invalid("unknown_user", pointer=pointer)


@transaction.atomic
def change_role(*, actor: Viewer, organization_id: int, user_id: int, role: str, now: datetime) -> Membership:
    """Give a member another role, for owners and administrators. Raise `Conflict` for the last owner."""
    membership = access.get_managed_membership(actor, organization_id, user_id, lock=True)
    if role != Role.OWNER:
        _keep_an_owner(user_id, Membership.objects.filter(pk=membership.pk))
    membership.role = role
    membership.save(update_fields=["role"])
    # The event is the one of a new member: a client that gets it replaces the role that it knows.
    publish(_added(membership), now=now)
    return membership


@transaction.atomic
def remove_member(*, actor: Viewer, organization_id: int, user_id: int, now: datetime) -> None:
    """Remove a member: owners and administrators remove anybody, every member may leave. Raise `Conflict` for the last
    owner."""
    find = access.get_organization if user_id == actor.pk else access.get_managed_organization
    organization = find(actor, organization_id, lock=True)
    membership = access.get_membership(actor, organization.pk, user_id)
    _keep_an_owner(user_id, Membership.objects.filter(pk=membership.pk))
    membership.delete()
    publish(_removed(organization, user_id, {user_id, *access.recipients_of(organization.pk)}), now=now)


@transaction.atomic
def join_organization(*, actor: "User", organization_id: int, now: datetime) -> Membership:
    """Join an open organization, as a viewer; a member keeps the role. Raise `Forbidden` where it is closed."""
    organization = access.get_organization(actor, organization_id, lock=True)
    membership = Membership.objects.filter(organization=organization, user=actor).first()
    if membership is not None:
        return membership
    _require_open(organization)
    membership = Membership.objects.create(organization=organization, user=actor, joined_at=now)
    publish(_added(membership), now=now)
    return membership


@transaction.atomic
def set_memberships(*, user: "User", organization_ids: Iterable[int], now: datetime) -> None:
    """Join the organizations with these ids, which must be open, and leave all others. All of it or nothing."""
    wanted = set(organization_ids)
    mine = Membership.objects.filter(user=user)
    left = mine.exclude(organization_id__in=wanted)
    locked = _lock(Q(pk__in=wanted) | Q(pk__in=left.values("organization_id")))
    if wanted - {organization.pk for organization in locked}:
        raise Invalid("unknown_organization", pointer="/organizations")
    kept = set(mine.filter(organization_id__in=wanted).values_list("organization_id", flat=True))
    joined = [organization for organization in locked if organization.pk in wanted - kept]
    for organization in joined:
        _require_open(organization, pointer="/organizations")
    _keep_an_owner(user.pk, left, pointer="/organizations")
    # The user is a recipient in both cases, as a member until now or from now on.
    recipients = access.recipients_by_organization(organization.pk for organization in locked)
    events = [_removed(one, user.pk, recipients[one.pk]) for one in locked if one.pk not in wanted]
    left.delete()
    created = [Membership(organization=organization, user=user, joined_at=now) for organization in joined]
    Membership.objects.bulk_create(created)
    events += [_added(one, {user.pk, *recipients[one.organization_id]}) for one in created]
    publish(*events, now=now)


def events_of_leaving(user: "User") -> list[NewEvent]:
    """Return the events for the other members of the user's organizations when the user is deleted."""
    memberships = Membership.objects.filter(user=user).select_related("organization").order_by("organization_id")
    organizations = [membership.organization for membership in memberships]
    recipients = access.recipients_by_organization(organization.pk for organization in organizations)
    return [_removed(one, user.pk, recipients[one.pk] - {user.pk}) for one in organizations]


def leave_all(*, user: "User") -> list[Organization]:
    """Prepare the deletion of a user, in the same transaction. Raise `Conflict` where active members would be left in
    an organization without an owner. Return the organizations without another member, for `remove_deserted`."""
    mine = Membership.objects.filter(user=user)
    _lock(Q(pk__in=mine.values("organization_id")))
    others = _others(user.pk)
    _refuse_last_owner(_without_owner(user.pk, mine).filter(Exists(others.filter(user__is_active=True))))
    return list(Organization.objects.filter(~Exists(others), pk__in=mine.values("organization_id")))


def remove_deserted(*, organizations: Iterable[Organization]) -> None:
    """Delete those that own no album; administrators run the rest from now on."""
    for organization in organizations:
        with suppress(Conflict):
            _delete(organization)


def _added(membership: Membership, recipients: Collection[int] | None = None) -> NewEvent:
    organization, role = membership.organization, str(membership.role)
    if recipients is None:
        recipients = access.recipients_of(organization.pk)
    return NewEvent("organization.member_added", _shape(organization, membership.user_id, role), recipients)


def _removed(organization: Organization, user_id: int, recipients: Collection[int]) -> NewEvent:
    return NewEvent("organization.member_removed", _shape(organization, user_id, None), recipients)


def _shape(organization: Organization, user_id: int, role: str | None) -> dict[str, object]:
    return {"organization": organization.pk, "name": organization.name, "user": user_id, "role": role}


def _lock(condition: Q) -> list[Organization]:
    # In one order for all, so that no two wait for each other.
    return list(Organization.objects.select_for_update().filter(condition).order_by("pk"))


def _require_open(organization: Organization, *, pointer: str | None = None) -> None:
    if not organization.open:
        detail = Sentence("%(name)s is closed: ask one of its owners to add you.", name=organization.name)
        raise Forbidden("organization_closed", detail, pointer=pointer)


def _keep_an_owner(user_id: int, leaving: QuerySet[Membership], *, pointer: str | None = None) -> None:
    _refuse_last_owner(_without_owner(user_id, leaving), pointer=pointer)


def _refuse_last_owner(orphaned: QuerySet[Organization], *, pointer: str | None = None) -> None:
    if organization := orphaned.first():
        detail = Sentence("%(name)s needs an owner: make somebody else one first.", name=organization.name)
        raise Conflict("last_owner", detail, pointer=pointer)


def _without_owner(user_id: int, leaving: QuerySet[Membership]) -> QuerySet[Organization]:
    """Return the organizations, of those that the user has owned until now, that have no other active owner."""
    owned = leaving.filter(role=Role.OWNER)
    others = _others(user_id).filter(role=Role.OWNER, user__is_active=True)
    return Organization.objects.filter(~Exists(others), pk__in=owned.values("organization_id"))


def _others(user_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=OuterRef("pk")).exclude(user_id=user_id)
