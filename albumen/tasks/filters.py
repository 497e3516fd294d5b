"""The filters of the list of tasks."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from albumen.fields import ChoiceField
from albumen.tasks.models import Status, Task, TaskKind


class TaskQuery(serializers.Serializer[Any]):
    status = ChoiceField(Status.choices, required=False)
    kind = ChoiceField(TaskKind.choices, required=False)

    def filter_queryset(self, queryset: QuerySet[Task], viewer: Any) -> QuerySet[Task]:
        return queryset.filter(**self.validated_data)
