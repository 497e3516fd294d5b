"""The shapes of organizations and memberships."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from albumen.fields import DescriptionField, EmailField, NameField
from albumen.organizations.models import Membership, Organization, Role
from albumen.querying import MAX_ID
from albumen.strict import StrictSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample("A club", value={"name": "Hikers", "description": "Sundays", "open": True}, request_only=True)
    ]
)
class OrganizationSerializer(StrictSerializer, serializers.ModelSerializer[Organization]):
    name = NameField(max_length=150)
    description = DescriptionField(max_length=500, required=False, allow_blank=True)
    role = serializers.ChoiceField(
        Role.choices,
        source="own_role",
        read_only=True,
        allow_null=True,
        help_text="Your role in it; null if you are not a member.",
    )

    class Meta:
        model = Organization
        fields = ("id", "name", "description", "open", "role", "created_at")


class MemberSerializer(serializers.Serializer[Membership]):
    user = serializers.IntegerField(source="user_id", help_text="The member's id; /api/users/{id}/ has the rest.")
    name = serializers.CharField(source="user.get_full_name")
    role = serializers.ChoiceField(Role.choices)
    joined_at = serializers.DateTimeField()


class NewMemberSerializer(StrictSerializer):
    user = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    email = EmailField(required=False)
    role = serializers.ChoiceField(Role.choices, default=Role.VIEWER)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "user" in attrs and "email" in attrs:
            raise serializers.ValidationError({"email": _("Name either `user` or `email`, not both.")}, code="invalid")
        if not {"user", "email"} & set(attrs):
            raise serializers.ValidationError({"user": _("Name `user` or `email`.")}, code="required")
        return attrs


class RoleSerializer(StrictSerializer):
    representation = MemberSerializer

    role = serializers.ChoiceField(Role.choices)
