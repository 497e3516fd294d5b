"""The rules of who may see plans: every user. Only administrators change them (`albumen.plans.services`)."""

from typing import cast

from django.db.models import QuerySet

from albumen.compiled_queries import CompiledQuery, fetch_objects
from albumen.errors import NotFound
from albumen.plans.models import Plan


def all_plans() -> QuerySet[Plan]:
    """Return the plans, which every user may see."""
    return Plan.objects.all()


def listed_plans() -> CompiledQuery[Plan]:
    """Return the list of all plans."""
    return CompiledQuery(all_plans)


def get_plan(plan_id: int) -> Plan:
    """Return one plan; raise `NotFound` when there is none."""
    for plan in fetch_objects(_one_plan, values=(plan_id,)):
        return cast(Plan, plan)
    raise NotFound


def _one_plan(plan_id: int) -> QuerySet[Plan]:
    return Plan.objects.filter(pk=plan_id).order_by()


def largest_upload() -> int:
    """Return the most bytes that any plan allows for one file; of a larger one, no more is read."""
    return max(Plan.objects.values_list("max_upload_bytes", flat=True), default=0)
