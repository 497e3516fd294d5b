"""The shape of events in answers."""

from typing import Any

from rest_framework import serializers


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="number", help_text="Counts each user's own events from 1, without gaps.")
    type = serializers.CharField(help_text="Such as `picture.created`; all of them are on `/docs/events/`.")
    at = serializers.DateTimeField()
    data = serializers.DictField(help_text="What it is about; see `/docs/events/`.")  # type: ignore[assignment]


class EventsSerializer(serializers.Serializer[Any]):
    results = EventSerializer(many=True, source="events")
    last = serializers.IntegerField(help_text="The `id` of your newest event, 0 before the first.")
