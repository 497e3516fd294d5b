"""What a client may ask of its log."""

from typing import Any

from rest_framework import serializers

from albumen.errors import Invalid

LIMIT = 200
MAX_LIMIT = 1000


class EventQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=2**63 - 1,
        help_text="The `id` of the last event that you have; absent: from the oldest one that is kept.",
    )
    limit = serializers.IntegerField(
        default=LIMIT, min_value=1, max_value=MAX_LIMIT, help_text="Events in one answer."
    )

    def to_internal_value(self, params: Any) -> Any:
        for name in params:
            if name not in self.fields:
                detail = f"There is no such parameter; known: {', '.join(self.fields)}."
                raise Invalid("unknown_parameter", detail, pointer=f"/{name}")
            if len(params.getlist(name)) > 1:
                raise Invalid("repeated_parameter", "Give this parameter once.", pointer=f"/{name}")
        return super().to_internal_value(params)
