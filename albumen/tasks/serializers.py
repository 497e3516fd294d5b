"""The shape of a task."""

from typing import Any

from rest_framework import serializers

from albumen.tasks.models import Task


class TaskErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; the errors page describes it.")
    detail = serializers.CharField()


class TaskSerializer(serializers.ModelSerializer[Task]):
    owner = serializers.IntegerField(source="owner_id", allow_null=True, read_only=True, help_text="A user's id.")
    result = serializers.DictField(
        allow_null=True, read_only=True, help_text="What came of it; each kind has its own."
    )
    error = TaskErrorSerializer(allow_null=True, read_only=True, help_text="Why it failed.")
    total = serializers.IntegerField(allow_null=True, read_only=True, help_text="Null while that is not known.")

    class Meta:
        model = Task
        fields = (
            "id",
            "kind",
            "owner",
            "status",
            "done",
            "total",
            "result",
            "error",
            "cancel_requested",
            "created_at",
            "started_at",
            "finished_at",
        )
        extra_kwargs = {"cancel_requested": {"help_text": "A running task is cancelled at its next step."}}

    def to_representation(self, task: Task) -> dict[str, Any]:
        shape: dict[str, Any] = super().to_representation(task)
        url = (task.result or {}).get("url", "")
        if url.startswith("/"):
            # Whoever asks knows the address of this service; the worker that made the result does not.
            shape["result"] = {**shape["result"], "url": self.context["request"].build_absolute_uri(url)}
        return shape
