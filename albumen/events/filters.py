"""The query parameters of the list of events."""

from typing import Any

from rest_framework import serializers

from albumen.querying import MAX_ID, require_known_parameters

LIMIT = 200
MAX_LIMIT = 1000


class EventQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_ID,
        help_text="The `id` of the last event that you have; absent: from the oldest one that is kept.",
    )
    limit = serializers.IntegerField(
        default=LIMIT, min_value=1, max_value=MAX_LIMIT, help_text="At most so many events."
    )

    def to_internal_value(self, params: Any) -> Any:
        require_known_parameters(params, self.fields)
        return super().to_internal_value(params)
