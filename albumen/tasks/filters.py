"""What lists of tasks can be narrowed by."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from albumen.tasks.models import Status, Task
from albumen.tasks.services.kinds import kinds


class TaskQuery(serializers.Serializer[Any]):
    status = serializers.ChoiceField(Status.choices, required=False)
    kind = serializers.ChoiceField([], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The table of kinds stands above this app, and knows it.
        self.fields["kind"].choices = {name: kind.label for name, kind in kinds().items()}  # type: ignore[attr-defined]

    def filter_queryset(self, queryset: QuerySet[Task], viewer: Any) -> QuerySet[Task]:
        return queryset.filter(**self.validated_data)
