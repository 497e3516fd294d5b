"""The writes on plans. Each raises `Forbidden` unless the actor is an administrator."""

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from albumen.errors import Conflict, Invalid, NotFound
from albumen.plans.models import Plan
from albumen.tasks.models import TaskKind
from albumen.tasks.services import start_task
from albumen.viewers import Viewer, require_administrator


@transaction.atomic
def save_plan(*, actor: Viewer, plan: Plan, **changes: object) -> Plan:
    """Create or change a plan, and keep exactly one of them the default. Takes effect with the next request.

    `changes` are made to the stored row, so that what somebody else has just changed stays. Raise `Invalid` when the
    name is taken or no plan would be the default, `NotFound` when the plan was deleted meanwhile.
    """
    require_administrator(actor)
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
    """Start a task that makes the thumbnails of a plan for all its users (`plan=` its id) or for one (`user=` an id).

    Without it, each thumbnail would be made when it is first requested.
    """
    start_task(kind=TaskKind.MAKE_THUMBNAILS, owner_id=None, arguments=whose, now=timezone.now())


def create_plan(*, actor: Viewer, **fields: object) -> Plan:
    """Return a new plan, with the model's defaults for absent fields."""
    return save_plan(actor=actor, plan=Plan(), **fields)


@transaction.atomic
def delete_plan(*, actor: Viewer, plan_id: int) -> None:
    """Delete a plan. Raise `NotFound` when there is none, `Conflict` when it is the default or a user has it."""
    require_administrator(actor)
    stored = _locked_plans().get(plan_id)
    if stored is None:
        raise NotFound
    if stored.is_default:
        raise Conflict("default_needed")
    try:
        stored.delete()
    except ProtectedError as error:
        raise Conflict("plan_in_use") from error


def _locked_plans() -> dict[int, Plan]:
    """Lock and return every plan by its id. Which one is the default concerns all of them, so writers take turns."""
    return {plan.pk: plan for plan in Plan.objects.select_for_update().order_by("pk")}


def _name_taken() -> Invalid:
    return Invalid("unique", "There is a plan of this name already.", pointer="/name")
