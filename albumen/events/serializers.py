"""The shape of events in responses."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

TYPES = [
    "picture.created",
    "picture.updated",
    "picture.deleted",
    "picture.restored",
    "album.created",
    "album.updated",
    "album.deleted",
    "organization.member_added",
    "organization.member_removed",
    "link.created",
    "link.revoked",
    "link.used_up",
    "task.updated",
]


class EventDataSerializer(serializers.Serializer[Any]):
    """The data of an event: the members of all types in one, since generators make little of a choice of shapes.
    `/docs/events/` says which of them each type has."""

    id = serializers.IntegerField(required=False, help_text="Of the picture, album, link or task.")
    name = serializers.CharField(required=False, help_text="Of the picture, album or organization.")
    owner = serializers.IntegerField(required=False)
    all = serializers.BooleanField(required=False, help_text="So many pictures that lists have to be read again.")
    organization = serializers.IntegerField(required=False, allow_null=True)
    visibility = serializers.CharField(required=False)
    picture_count = serializers.IntegerField(required=False)
    user = serializers.IntegerField(required=False, help_text="The member's id.")
    role = serializers.CharField(required=False, allow_null=True, help_text="Null for a member who goes.")
    picture = serializers.IntegerField(required=False)
    height = serializers.IntegerField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False)
    max_uses = serializers.IntegerField(required=False, allow_null=True)
    uses = serializers.IntegerField(required=False)
    kind = serializers.CharField(required=False)
    status = serializers.CharField(required=False)
    done = serializers.IntegerField(required=False)
    total = serializers.IntegerField(required=False, allow_null=True)


@extend_schema_field(EventDataSerializer)
class EventDataField(serializers.DictField):
    pass


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="number", help_text="Counts your events from 1, without gaps.")
    type = serializers.ChoiceField(TYPES, help_text="`/docs/events/` describes each.")
    at = serializers.DateTimeField()
    data = EventDataField()  # type: ignore[assignment]


class EventsSerializer(serializers.Serializer[Any]):
    results = EventSerializer(many=True, source="events")
    last = serializers.IntegerField(help_text="The `id` of your newest event, 0 before the first.")
