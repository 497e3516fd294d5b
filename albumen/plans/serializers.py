"""The shape of a plan."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from albumen.fields import NameField
from albumen.plans.models import MAX_HEIGHT, MAX_HEIGHTS, MIN_HEIGHT, Plan, validate_heights
from albumen.querying import MAX_ID
from albumen.strict import StrictSerializer


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction; `"200"`, `200.0` and `true` are none."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Premium",
            value={
                "name": "Premium",
                "thumbnail_heights": [200, 400],
                "original": True,
                "expiring_links": False,
                "max_upload_bytes": 50_000_000,
                "quota_bytes": None,
                "is_default": False,
            },
            request_only=True,
        )
    ]
)
class PlanSerializer(StrictSerializer, serializers.ModelSerializer[Plan]):
    name = NameField(max_length=100, validators=[UniqueValidator(Plan.objects.all())])
    thumbnail_heights = serializers.ListField(
        child=WholeNumber(min_value=MIN_HEIGHT, max_value=MAX_HEIGHT),
        min_length=1,
        max_length=MAX_HEIGHTS,
        help_text="In px, without duplicates; returned in ascending order.",
    )
    max_upload_bytes = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    quota_bytes = serializers.IntegerField(min_value=0, max_value=MAX_ID, required=False, allow_null=True)

    # Named here, because the model's constraint would bring a validator that refuses every new default.
    is_default = serializers.BooleanField(
        required=False, help_text="New users get this plan; true makes it the default instead of the present one."
    )

    class Meta:
        model = Plan
        fields = (
            "id",
            "name",
            "thumbnail_heights",
            "original",
            "expiring_links",
            "max_upload_bytes",
            "quota_bytes",
            "is_default",
        )

    def to_representation(self, plan: Plan) -> dict[str, Any]:
        return {name: getattr(plan, name) for name in self.Meta.fields}

    def validate_thumbnail_heights(self, value: list[int]) -> list[int]:
        try:
            validate_heights(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from error
        return value
