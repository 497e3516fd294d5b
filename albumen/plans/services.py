"""Every write on plans. Only administrators make these calls."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from albumen.errors import Conflict, Invalid
from albumen.plans.models import Plan


def default_plan() -> Plan:
    """The plan of a new user."""
    return Plan.objects.get(is_default=True)


@transaction.atomic
def save_plan(*, plan: Plan, **changes: Any) -> Plan:
    """Create or change a plan, and keep exactly one of them the default. Holds from the next request on."""
    for field, value in changes.items():
        setattr(plan, field, value)
    plan.thumbnail_heights = sorted(plan.thumbnail_heights)
    was_default = bool(plan.pk) and Plan.objects.filter(pk=plan.pk, is_default=True).exists()
    if was_default and not plan.is_default:
        raise Invalid(
            "default_needed", "New users need a plan: make another one the default instead.", pointer="/is_default"
        )
    if plan.is_default and not was_default:
        Plan.objects.filter(is_default=True).update(is_default=False)
    plan.save()
    return plan


def create_plan(**fields: Any) -> Plan:
    """A new plan with the model's defaults for what is not given."""
    return save_plan(plan=Plan(), **fields)


@transaction.atomic
def delete_plan(*, plan: Plan) -> None:
    """Remove a plan that nobody has; `Conflict` otherwise."""
    if plan.is_default:
        raise Conflict("default_needed", "New users need a plan: make another one the default first.")
    try:
        plan.delete()
    except ProtectedError as error:
        raise Conflict("plan_in_use", "Users have this plan: move them to another one first.") from error
