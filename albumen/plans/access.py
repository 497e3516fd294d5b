"""Who may see plans: everybody who is signed in. Only administrators change them; the views require it."""

from django.db.models import QuerySet

from albumen.errors import NotFound
from albumen.plans.models import Plan


def all_plans() -> QuerySet[Plan]:
    """What a list of plans builds on."""
    return Plan.objects.all()


def get_plan(plan_id: int) -> Plan:
    """One plan; `NotFound` when there is none."""
    try:
        return Plan.objects.get(pk=plan_id)
    except Plan.DoesNotExist:
        raise NotFound from None


def largest_upload() -> int:
    """The most bytes that any plan takes for one file: nothing larger is ever read."""
    return max(Plan.objects.values_list("max_upload_bytes", flat=True), default=0)
