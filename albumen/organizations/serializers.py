"""The shapes of organizations, memberships and invitations."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from albumen.fields import ChoiceField, DescriptionField, EmailField, NameField
from albumen.organizations import access
from albumen.organizations.models import Contacts, Invitation, InvitationState, Membership, Organization, Role
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
    role = ChoiceField(
        Role.choices,
        source="own_role",
        read_only=True,
        allow_null=True,
        help_text="Your role in it; null if you are not a member.",
    )

    class Meta:
        model = Organization
        fields = ("id", "name", "description", "open", "role", "created_at")

    def to_representation(self, organization: Organization) -> dict[str, Any]:
        return {
            "id": organization.pk,
            "name": organization.name,
            "description": organization.description,
            "open": organization.open,
            # From `access`.
            "role": organization.own_role,  # type: ignore[attr-defined]
            "created_at": organization.created_at,
        }


CHOICE_OF_CONTACTS = "Who in the organization reads the member's e-mail and phone; for the member and administrators."


class MemberSerializer(serializers.Serializer[Membership]):
    user = serializers.IntegerField(source="user_id", help_text="The member's id; /api/users/{id}/ has the rest.")
    name = serializers.CharField(source="user.get_full_name")
    role = ChoiceField(Role.choices)
    contacts = ChoiceField(Contacts.choices, required=False, help_text=CHOICE_OF_CONTACTS)
    joined_at = serializers.DateTimeField()

    def to_representation(self, membership: Membership) -> dict[str, Any]:
        shape = {
            "user": membership.user_id,
            "name": membership.user.get_full_name(),
            "role": membership.role,
            "contacts": membership.contacts,
            "joined_at": membership.joined_at,
        }
        if not access.may_read_choice_of_contacts(self.context["request"].user, membership):
            del shape["contacts"]
        return shape


class NewMemberSerializer(StrictSerializer):
    user = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    email = EmailField(required=False)
    role = ChoiceField(Role.choices, default=Role.VIEWER)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "user" in attrs and "email" in attrs:
            raise serializers.ValidationError({"email": _("Name either `user` or `email`, not both.")}, code="invalid")
        if not {"user", "email"} & set(attrs):
            raise serializers.ValidationError({"user": _("Name `user` or `email`.")}, code="required")
        return attrs


class MemberChangeSerializer(StrictSerializer):
    representation = MemberSerializer

    role = ChoiceField(Role.choices, required=False, help_text="For owners and administrators.")
    contacts = ChoiceField(
        Contacts.choices, required=False, help_text="Who in the organization reads your e-mail and phone."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"role": _("Send `role` or `contacts`.")}, code="required")
        return attrs


class InvitingOrganizationSerializer(serializers.Serializer[Organization]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()


class InviterSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class InvitationSerializer(serializers.Serializer[Invitation]):
    """An invitation, alike for the organization and for the invited person. Of that person it has only what the
    inviter wrote; it is `pending` also where it was declined."""

    id = serializers.IntegerField()
    organization = InvitingOrganizationSerializer()
    email = serializers.SerializerMethodField(help_text="As it was written; null for an invitation by `user`.")
    user = serializers.IntegerField(
        source="user_id", allow_null=True, help_text="The invited user; null for an invitation by `email`."
    )
    role = ChoiceField(Role.choices)
    status = serializers.SerializerMethodField()
    inviter = InviterSerializer()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_email(self, invitation: Invitation) -> str | None:
        return invitation.email or None

    @extend_schema_field(serializers.ChoiceField([("pending", "pending"), ("accepted", "accepted")]))
    def get_status(self, invitation: Invitation) -> str:
        return "accepted" if invitation.state == InvitationState.ACCEPTED else "pending"


class DeclineSerializer(StrictSerializer):
    block = serializers.BooleanField(
        default=False, help_text="Later invitations of this organization reach you no more."
    )
