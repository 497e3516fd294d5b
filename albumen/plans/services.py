"""Every write on plans. Only administrators make these calls."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from albumen.errors import Conflict, Invalid, NotFound
from albumen.plans.models import Plan
from albumen.tasks.models import TaskKind
from albumen.tasks.services import start


def default_plan() -> Plan:
    """The plan of a new user."""
    return Plan.objects.get(is_default=True)


@transaction.atomic
def save_plan(*, plan: Plan, **changes: Any) -> Plan:
    """Create or change a plan, and keep exactly one of them the default. Holds from the next request on.

    With `changes` an existing plan is read anew, so that what somebody else has just changed stays; `Invalid` when
    the name is taken, `NotFound` when the plan was deleted meanwhile.
    """
    stored = _locked_plans()
    before = stored.get(plan.pk)
    if plan.pk and before is None:
        raise NotFound
    was_default = bool(before and before.is_default)
    old_heights = list(before.thumbnail_heights) if before else []
    plan = before if before and changes else plan
    for field, value in changes.items():
        setattr(plan, field, value)
    plan.thumbnail_heights = sorted(plan.thumbnail_heights)
    if was_default and not plan.is_default:
        raise Invalid("default_needed", pointer="/is_default")
    if any(other.name == plan.name for other in stored.values() if other.pk != plan.pk):
        raise _name_taken()
    if plan.is_default and not was_default:
        Plan.objects.filter(is_default=True).update(is_default=False)
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError:
        # Locks hold the plans that there are; two new ones of one name meet only here.
        raise _name_taken() from None
    if before and not set(plan.thumbnail_heights) <= set(old_heights):
        prepare_thumbnails(plan=plan.pk)
    return plan


def prepare_thumbnails(**whose: int) -> None:
    """Have the thumbnails made that a plan has now, for the pictures of all its users (`plan=`) or of one (`user=`).

    They work without it, from the next request on: each would be made when it is first asked for.
    """
    start(kind=TaskKind.MAKE_THUMBNAILS, owner_id=None, arguments=whose, now=timezone.now())


def create_plan(**fields: Any) -> Plan:
    """A new plan with the model's defaults for what is not given."""
    return save_plan(plan=Plan(), **fields)


@transaction.atomic
def delete_plan(*, plan: Plan) -> None:
    """Remove a plan that nobody has; `Conflict` otherwise."""
    stored = _locked_plans().get(plan.pk)
    if stored is None:
        raise NotFound
    if stored.is_default:
        raise Conflict("default_needed")
    try:
        stored.delete()
    except ProtectedError as error:
        raise Conflict("plan_in_use") from error


def _locked_plans() -> dict[int, Plan]:
    """Every plan by its id; they are few. Which one is the default concerns all of them, so writers take turns."""
    return {plan.pk: plan for plan in Plan.objects.select_for_update().order_by("pk")}


def _name_taken() -> Invalid:
    return Invalid("unique", "There is a plan of this name already.", pointer="/name")
