"""What the directory of users can be narrowed by."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from albumen.accounts.access import Viewer, is_administrator
from albumen.accounts.models import User


class UserQuery(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="In names; for administrators in e-mails too."
    )

    def narrow(self, queryset: QuerySet[User], viewer: Viewer) -> QuerySet[User]:
        for word in self.validated_data.get("search", "").split():
            found = Q(first_name__icontains=word) | Q(last_name__icontains=word)
            if is_administrator(viewer):
                found |= Q(email__icontains=word)
            queryset = queryset.filter(found)
        return queryset
