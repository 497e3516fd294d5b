"""The shape of a task."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from albumen.languages import translated_error
from albumen.tasks.models import Task


class TaskErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; the errors page describes it.")
    detail = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    """The outcome of one URL of an import: a picture, or an error."""

    url = serializers.CharField()
    picture = serializers.IntegerField(required=False, help_text="The new picture's id.")
    error = TaskErrorSerializer(required=False)


class RefusedSerializer(serializers.Serializer[Any]):
    """A picture of an archive that was not imported, and why."""

    name = serializers.CharField()
    error = TaskErrorSerializer()


class TaskResultSerializer(serializers.Serializer[Any]):
    """The result of a task, with the members of every kind: client generators handle a choice of schemas badly."""

    pictures = serializers.IntegerField(required=False, help_text="How many were imported, exported or made again.")
    refused = serializers.IntegerField(
        required=False, help_text="How many addresses, or pictures of an archive, were."
    )
    existing = serializers.IntegerField(
        required=False, help_text="How many of an archive's pictures were there already."
    )
    albums = serializers.IntegerField(required=False, help_text="How many albums were made or filled.")
    refusals = RefusedSerializer(many=True, required=False, help_text="Of an archive's pictures, the first 100.")
    results = ImportedSerializer(many=True, required=False, help_text="One for each address, in their order.")
    url = serializers.URLField(required=False, help_text="The archive; needs no header.")
    bytes = serializers.IntegerField(required=False, help_text="Of the archive.")
    expires_at = serializers.DateTimeField(required=False, help_text="When the archive's address ends.")
    checked = serializers.IntegerField(required=False, help_text="Linked pictures that were looked at.")
    changed = serializers.IntegerField(required=False, help_text="Linked pictures that were found changed.")
    removed = serializers.IntegerField(required=False, help_text="What periodic work removed.")


@extend_schema_field(TaskResultSerializer)
class TaskResultField(serializers.DictField):
    pass


def _outcome(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "error": translated_error(item["error"])} if "error" in item else item


class TaskSerializer(serializers.ModelSerializer[Task]):
    owner = serializers.IntegerField(source="owner_id", allow_null=True, read_only=True, help_text="A user's id.")
    result = TaskResultField(allow_null=True, read_only=True)
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
        return {
            "id": task.pk,
            "kind": task.kind,
            "owner": task.owner_id,
            "status": task.status,
            "done": task.done,
            "total": task.total,
            "result": None if task.result is None else self._result(task.result),
            "error": None if task.error is None else translated_error(task.error),
            "cancel_requested": task.cancel_requested,
            "created_at": task.created_at,
            "started_at": task.started_at,
            "finished_at": task.finished_at,
        }

    def _result(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result, with the errors in its lists in the reader's language."""
        lists = {name: [*map(_outcome, result[name])] for name in ("results", "refusals") if name in result}
        shape = result | lists
        if result.get("url", "").startswith("/"):
            # The request knows the address of this service; the worker that made the result does not.
            shape["url"] = self.context["request"].build_absolute_uri(result["url"])
        return shape
