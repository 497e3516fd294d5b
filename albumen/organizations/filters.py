"""The query parameters that filter lists of organizations and members."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from albumen.fields import ChoiceField
from albumen.organizations.models import Membership, Organization, Role
from albumen.search import matching


class OrganizationQuery(serializers.Serializer[Any]):
    search = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Words in the name.")
    member = ChoiceField(["me"], required=False, help_text="`me`: only organizations that you belong to.")
    open = serializers.BooleanField(required=False)

    def filter_queryset(self, queryset: QuerySet[Organization], viewer: Any) -> QuerySet[Organization]:
        queryset = matching(queryset, self.validated_data.get("search", ""))
        if self.validated_data.get("member"):
            queryset = queryset.filter(memberships__user_id=viewer.pk)
        if "open" in self.validated_data:
            queryset = queryset.filter(open=self.validated_data["open"])
        return queryset


class MemberQuery(serializers.Serializer[Any]):
    search = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Words in the name.")
    role = ChoiceField(Role.choices, required=False)

    def filter_queryset(self, queryset: QuerySet[Membership], viewer: Any) -> QuerySet[Membership]:
        queryset = matching(queryset, self.validated_data.get("search", ""), "user__search_key")
        role = self.validated_data.get("role")
        return queryset.filter(role=role) if role else queryset
