"""Every write on organizations and memberships.

Writers of memberships lock the organization first, so that they take turns: of two last owners who leave at once, one
stays. Only owners who can sign in count.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet

from albumen.errors import Conflict, Forbidden, Invalid
from albumen.events.services import NewEvent, publish
from albumen.organizations import access
from albumen.organizations.models import Membership, Organization, Role


@transaction.atomic
def create_organization(
    *,
    actor: Any,
    name: str,
    now: datetime,
    description: str = "",
    open: bool = False,  # noqa: A002  (the contract's)
) -> Organization:
    """A new organization; its maker becomes its owner."""
    organization = Organization.objects.create(name=name, description=description, open=open, created_at=now)
    membership = Membership.objects.create(organization=organization, user=actor, role=Role.OWNER, joined_at=now)
    publish(_added(membership), now=now)
    return organization


@transaction.atomic
def change_organization(*, actor: Any, organization: Organization, **changes: Any) -> Organization:
    """Change name, description or openness; what is not named stays. For those who run it."""
    organization = access.get_managed_organization(actor, organization.pk, lock=True)
    for field, value in changes.items():
        setattr(organization, field, value)
    organization.save(update_fields=list(changes))
    return organization


@transaction.atomic
def delete_organization(*, actor: Any, organization: Organization, now: datetime) -> None:
    """Remove it with its memberships; `Conflict` while it owns albums. For those who run it."""
    organization = access.get_managed_organization(actor, organization.pk, lock=True)
    # Each hears of oneself: a word to all about each would be a flood.
    told = [_removed(organization, user_id, [user_id]) for user_id in sorted(access.recipients_of(organization.pk))]
    _delete(organization)
    publish(*told, now=now)


def _delete(organization: Organization) -> None:
    try:
        organization.delete()
    except ProtectedError:
        raise Conflict("organization_owns_albums") from None


@transaction.atomic
def add_member(
    *,
    actor: Any,
    organization: Organization,
    role: str,
    now: datetime,
    user: int | None = None,
    email: str | None = None,
) -> Membership:
    """Make an active user a member, by id or by e-mail; `Invalid` when there is no such user, `Conflict` when they are
    a member already. For those who run the organization."""
    organization = access.get_managed_organization(actor, organization.pk, lock=True)
    found = _find_active(user, email)
    if Membership.objects.filter(organization=organization, user=found).exists():
        raise Conflict("already_member")
    membership = Membership.objects.create(organization=organization, user=found, role=role, joined_at=now)
    publish(_added(membership), now=now)
    return membership


def _find_active(user_id: int | None, email: str | None) -> Any:
    model = get_user_model()
    with suppress(model.DoesNotExist):
        users = model._default_manager
        found = users.get(pk=user_id) if user_id is not None else users.get_by_natural_key(email)
        if found.is_active:
            return found
    pointer = "/user" if user_id is not None else "/email"
    raise Invalid("unknown_user", pointer=pointer)


@transaction.atomic
def change_role(*, actor: Any, organization: Organization, user_id: int, role: str, now: datetime) -> Membership:
    """Give a member another role, of which members are told as of a new one. For those who run the organization;
    `Conflict` for its last owner."""
    access.get_managed_organization(actor, organization.pk, lock=True)
    membership = access.get_membership(actor, organization.pk, user_id)
    if role != Role.OWNER:
        _keep_an_owner(user_id, Membership.objects.filter(pk=membership.pk))
    membership.role = role
    membership.save(update_fields=["role"])
    publish(_added(membership), now=now)
    return membership


@transaction.atomic
def remove_member(*, actor: Any, organization: Organization, user_id: int, now: datetime) -> None:
    """Remove a member, for those who run the organization; or leave, as oneself. `Conflict` for its last owner."""
    if user_id == actor.pk:
        access.get_organization(actor, organization.pk, lock=True)
    else:
        access.get_managed_organization(actor, organization.pk, lock=True)
    membership = access.get_membership(actor, organization.pk, user_id)
    _keep_an_owner(user_id, Membership.objects.filter(pk=membership.pk))
    membership.delete()
    publish(_removed(organization, user_id, {user_id, *access.recipients_of(organization.pk)}), now=now)


@transaction.atomic
def join_organization(*, actor: Any, organization: Organization, now: datetime) -> Membership:
    """Join an open organization, as a viewer; who is a member already stays what they are."""
    organization = access.get_organization(actor, organization.pk, lock=True)
    membership = Membership.objects.filter(organization=organization, user=actor).first()
    if membership is not None:
        return membership
    _require_open(organization)
    membership = Membership.objects.create(organization=organization, user=actor, joined_at=now)
    publish(_added(membership), now=now)
    return membership


@transaction.atomic
def set_memberships(*, user: Any, organization_ids: Iterable[int], now: datetime) -> None:
    """Join the named organizations that are open, and leave those that are not named; all of it or nothing."""
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
    # Those who leave are told as well, and those who come.
    recipients = access.recipients_of_each(organization.pk for organization in locked)
    told = [_removed(one, user.pk, recipients[one.pk]) for one in locked if one.pk not in wanted]
    left.delete()
    created = [Membership(organization=organization, user=user, joined_at=now) for organization in joined]
    Membership.objects.bulk_create(created)
    told += [_added(one, {user.pk, *recipients[one.organization_id]}) for one in created]
    publish(*told, now=now)


def of_leaving(user: Any) -> list[NewEvent]:
    """What the others in the user's organizations are told when the user is removed."""
    memberships = Membership.objects.filter(user=user).select_related("organization").order_by("organization_id")
    organizations = [membership.organization for membership in memberships]
    recipients = access.recipients_of_each(organization.pk for organization in organizations)
    return [_removed(one, user.pk, recipients[one.pk] - {user.pk}) for one in organizations]


def leave_all(*, user: Any) -> list[Organization]:
    """What must be true before a user is deleted, in the same transaction: nobody is left in an organization without
    an owner, else `Conflict`. Answers the organizations that have no other member, for `remove_deserted`."""
    mine = Membership.objects.filter(user=user)
    _lock(Q(pk__in=mine.values("organization_id")))
    others = _others(user.pk)
    _refuse_last_owner(_without_owner(user.pk, mine).filter(Exists(others.filter(user__is_active=True))))
    return list(Organization.objects.filter(~Exists(others), pk__in=mine.values("organization_id")))


def remove_deserted(*, organizations: Iterable[Organization]) -> None:
    """Remove those that own nothing; administrators run the rest from now on."""
    for organization in organizations:
        with suppress(Conflict):
            _delete(organization)


def _added(membership: Membership, recipients: Collection[int] | None = None) -> NewEvent:
    organization, role = membership.organization, str(membership.role)
    told = access.recipients_of(organization.pk) if recipients is None else recipients
    return NewEvent("organization.member_added", _shape(organization, membership.user_id, role), told)


def _removed(organization: Organization, user_id: int, recipients: Collection[int]) -> NewEvent:
    return NewEvent("organization.member_removed", _shape(organization, user_id, None), recipients)


def _shape(organization: Organization, user_id: int, role: str | None) -> dict[str, Any]:
    return {"organization": organization.pk, "name": organization.name, "user": user_id, "role": role}


def _lock(condition: Q) -> list[Organization]:
    # In one order for all, so that no two wait for each other.
    return list(Organization.objects.select_for_update().filter(condition).order_by("pk"))


def _require_open(organization: Organization, *, pointer: str | None = None) -> None:
    if not organization.open:
        detail = f"{organization.name} is closed: ask one of its owners to add you."
        raise Forbidden("organization_closed", detail, pointer=pointer)


def _keep_an_owner(user_id: int, leaving: QuerySet[Membership], *, pointer: str | None = None) -> None:
    _refuse_last_owner(_without_owner(user_id, leaving), pointer=pointer)


def _refuse_last_owner(orphaned: QuerySet[Organization], *, pointer: str | None = None) -> None:
    if organization := orphaned.first():
        detail = f"{organization.name} needs an owner: make somebody else one first."
        raise Conflict("last_owner", detail, pointer=pointer)


def _without_owner(user_id: int, leaving: QuerySet[Membership]) -> QuerySet[Organization]:
    """The organizations that have no other owner than this user, of those where the user owned until now."""
    owned = leaving.filter(role=Role.OWNER)
    others = _others(user_id).filter(role=Role.OWNER, user__is_active=True)
    return Organization.objects.filter(~Exists(others), pk__in=owned.values("organization_id"))


def _others(user_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(organization=OuterRef("pk")).exclude(user_id=user_id)
