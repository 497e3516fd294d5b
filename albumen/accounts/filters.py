"""The query parameters that filter the directory of users."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from albumen.accounts.models import User
from albumen.querying import MAX_ID
from albumen.search import words_of
from albumen.viewers import Viewer, is_administrator


class UserQuery(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Words in the name; for administrators in the e-mail too.",
    )

    organization = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_ID, help_text="An organization's id: only its members."
    )

    def filter_queryset(self, queryset: QuerySet[User], viewer: Viewer) -> QuerySet[User]:
        if "organization" in self.validated_data:
            queryset = queryset.filter(memberships__organization_id=self.validated_data["organization"])
        for word in words_of(self.validated_data.get("search", "")):
            found = Q(search_key__contains=word)
            if is_administrator(viewer):
                found |= Q(email__icontains=word)
            queryset = queryset.filter(found)
        return queryset
