"""The rules of who may see plans: every user. Only administrators change them (`albumen.plans.services`)."""

from django.db.models import QuerySet

from albumen.errors import NotFound
from albumen.plans.models import Plan


def all_plans() -> QuerySet[Plan]:
    """Return the plans, which every user may see."""
    return Plan.objects.all()


def get_plan(plan_id: int) -> Plan:
    """Return one plan; raise `NotFound` when there is none."""
    try:
        return Plan.objects.get(pk=plan_id)
    except Plan.DoesNotExist:
        raise NotFound from None


def largest_upload() -> int:
    """Return the most bytes that any plan allows for one file; of a larger one, no more is read."""
    return max(Plan.objects.values_list("max_upload_bytes", flat=True), default=0)
