"""Plans in the admin panel."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from albumen.admin_base import LINK, ServicePage, readable
from albumen.plans import services
from albumen.plans.models import MAX_HEIGHT, MAX_HEIGHTS, MIN_HEIGHT, Plan
from albumen.querying import MAX_ID

UNITS = {"bytes": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}


class HeightsField(forms.CharField):
    """Heights in px, typed as whole numbers with commas or spaces between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(height) for height in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = re.split(r"[,;\s]+", (super().to_python(value) or "").strip(" ,;"))
        if words == [""]:
            return []
        if not all(re.fullmatch(r"[0-9]{1,9}", word) for word in words):
            raise ValidationError("Write whole numbers with commas between them, such as 200, 400.", code="invalid")
        return [int(word) for word in words]


class SizeField(forms.CharField):
    """A size in bytes, typed as "50 MB", "1.5 GB", or as a whole number of bytes."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, *, smallest: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators = [MinValueValidator(smallest), MaxValueValidator(MAX_ID)]

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        unit = next(unit for unit in reversed(UNITS) if value % UNITS[unit] == 0)
        return f"{value // UNITS[unit]} {unit}"

    def to_python(self, value: Any) -> Any:
        text = "" if value is None else str(value).strip()
        if not text:
            return None
        found = re.fullmatch(r"([0-9]{1,19}(?:[.,][0-9]{1,3})?) ?([a-z]*)", text, flags=re.IGNORECASE)
        sizes = {unit.lower(): size for unit, size in UNITS.items()} | {"": 1, "b": 1, "byte": 1}
        size = sizes.get(found[2].lower()) if found else None
        if found is None or size is None:
            raise ValidationError("Write a size such as 50 MB, 1.5 GB, or a whole number of bytes.", code="invalid")
        return int(Decimal(found[1].replace(",", ".")) * size)


class PlanForm(forms.ModelForm):
    thumbnail_heights = HeightsField(
        label="Thumbnail heights",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "200, 400"}),
        help_text=f"In px, from {MIN_HEIGHT} to {MAX_HEIGHT}; one to {MAX_HEIGHTS} of them, with commas: 200, 400.",
    )
    max_upload_bytes = SizeField(
        label="Largest file",
        initial=Plan._meta.get_field("max_upload_bytes").default,
        smallest=1,
        help_text="Such as 50 MB.",
    )
    quota_bytes = SizeField(
        label="Quota",
        required=False,
        help_text="For all pictures of a user together, such as 10 GB. Empty for no limit.",
    )

    class Meta:
        model = Plan
        fields = "__all__"  # noqa: DJ007  (the page names them)

    def _get_validation_exclusions(self) -> set[str]:
        # The service makes the plan the default instead of the present one, so this is no error of the form.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


@admin.register(Plan)
class PlanPage(ServicePage):
    form = PlanForm
    list_display = ("name", "heights", "original", "expiring_links", "largest_file", "quota", "users", "is_default")
    list_filter = ("original", "expiring_links")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "is_default")}),
        ("What its users get", {"fields": ("thumbnail_heights", "original", "expiring_links")}),
        ("Limits", {"fields": ("max_upload_bytes", "quota_bytes")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        plans: QuerySet[Plan] = super().get_queryset(request)
        return plans.annotate(user_count=Count("users"))

    @display(description="Thumbnail heights")
    def heights(self, plan: Plan) -> str:
        return ", ".join(str(height) for height in plan.thumbnail_heights)

    @display(description="Largest file", ordering="max_upload_bytes")
    def largest_file(self, plan: Plan) -> str:
        return readable(plan.max_upload_bytes)

    @display(description="Quota", ordering="quota_bytes")
    def quota(self, plan: Plan) -> str:
        return readable(plan.quota_bytes)

    @display(description="Users", ordering="user_count")
    def users(self, plan: Any) -> str:
        address = reverse("admin:accounts_user_changelist", query={"plan__id__exact": plan.pk})
        return format_html('<a href="{}" class="{}">{}</a>', address, LINK, plan.user_count)

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        if change:
            changes = {field: form.cleaned_data[field] for field in form.changed_data}
            services.save_plan(actor=request.user, plan=obj, **changes)
        else:
            services.save_plan(actor=request.user, plan=obj)

    def delete_model(self, request: HttpRequest, obj: Plan) -> None:
        services.delete_plan(actor=request.user, plan_id=obj.pk)
