"""What lists of pictures and links can be narrowed by."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from albumen.accounts.access import Viewer, is_administrator
from albumen.errors import Forbidden
from albumen.library.models import ExpiringLink, Picture


class PictureQuery(serializers.Serializer[Any]):
    search = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="In names.")
    scope = serializers.ChoiceField(["own", "all"], default="own", help_text="`all` is for administrators.")

    def narrow(self, queryset: QuerySet[Picture], viewer: Viewer) -> QuerySet[Picture]:
        if self.validated_data["scope"] == "own":
            queryset = queryset.filter(owner_id=viewer.pk)
        elif not is_administrator(viewer):
            raise Forbidden("permission_denied", "Only administrators list everybody's pictures.", pointer="/scope")
        for word in self.validated_data.get("search", "").split():
            queryset = queryset.filter(name__icontains=word)
        return queryset


class LinkQuery(serializers.Serializer[Any]):
    picture = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def narrow(self, queryset: QuerySet[ExpiringLink], viewer: Viewer) -> QuerySet[ExpiringLink]:
        picture = self.validated_data.get("picture")
        return queryset if picture is None else queryset.filter(picture_id=picture)
