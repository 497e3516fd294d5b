"""The shapes of users, logins, sessions and mailed invitations in responses."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from albumen.accounts import access
from albumen.accounts.models import Session, User
from albumen.organizations.models import Role
from albumen.organizations.serializers import InvitationSerializer, OrganizationSerializer

LANGUAGE = "Of mails and messages. Null follows the `Accept-Language` of each request."
CONTACTS = "For the user, administrators, and those to whom the user shows it in an organization of both."


class UsageSerializer(serializers.Serializer[Any]):
    bytes = serializers.IntegerField(help_text="The size of all pictures, including those in the trash.")
    pictures = serializers.IntegerField()


class UserOrganizationSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    role = serializers.ChoiceField(Role.choices, help_text="The user's role in it.")


class UserSerializer(serializers.Serializer[User]):
    """A user, without the contact and account fields that the viewer may not see."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    avatar = serializers.URLField(allow_null=True, help_text="Needs no header; expires, and changes with the image.")
    organizations = UserOrganizationSerializer(many=True)
    date_joined = serializers.DateTimeField()
    email = serializers.EmailField(required=False, help_text=CONTACTS)
    phone = serializers.CharField(required=False, help_text=CONTACTS)
    plan = serializers.IntegerField(required=False, help_text="The plan's id; for the user and administrators.")
    usage = UsageSerializer(required=False, help_text="For the user and administrators.")
    email_verified = serializers.BooleanField(
        required=False, help_text="Whether the link in a mail to `email` was opened. For the user and administrators."
    )
    pending_email = serializers.EmailField(
        required=False,
        allow_null=True,
        help_text="For the user: the next `email`, once a mail's link was opened.",
    )
    is_staff = serializers.BooleanField(required=False, help_text="For the user and administrators.")
    is_active = serializers.BooleanField(required=False, help_text="For the user and administrators.")
    last_login = serializers.DateTimeField(
        required=False, allow_null=True, help_text="For the user and administrators."
    )
    language = serializers.ChoiceField(settings.LANGUAGES, required=False, allow_null=True, help_text=LANGUAGE)

    def to_representation(self, user: User) -> dict[str, Any]:
        request = self.context["request"]
        viewer = self.context.get("viewer", request.user)
        shape: dict[str, Any] = {
            "id": user.pk,
            "name": user.name,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "avatar": None,
            "organizations": [
                {
                    "id": membership.organization.pk,
                    "name": membership.organization.name,
                    "description": membership.organization.description,
                    "role": membership.role,
                }
                for membership in access.memberships_of(user)
            ],
            "date_joined": user.date_joined,
        }
        if user.avatar:
            shape["avatar"] = request.build_absolute_uri(access.avatar_url(user, viewer, timezone.now()))
        if access.may_read_contacts(viewer, user):
            shape |= {"email": user.email, "phone": user.phone}
        if access.may_read_account(viewer, user):
            shape |= {
                "plan": user.plan_id,
                "usage": {"bytes": user.bytes_used, "pictures": user.picture_count},
                "email_verified": user.email_verified_at is not None,
                "is_staff": user.is_staff,
                "is_active": user.is_active,
                "last_login": user.last_login,
                "language": user.language or None,
            }
        if viewer.pk == user.pk:
            shape["pending_email"] = user.pending_email or None
        return shape


class OrganizationUsersSerializer(OrganizationSerializer):
    """An organization with its first users."""

    users = serializers.SerializerMethodField(help_text=f"The first {access.USERS_SHOWN} members.")
    users_truncated = serializers.SerializerMethodField(
        help_text="True if there are more: /api/users/?organization={id} lists all of them."
    )

    class Meta(OrganizationSerializer.Meta):
        fields = (*OrganizationSerializer.Meta.fields, "users", "users_truncated")  # type: ignore[assignment]

    def to_representation(self, organization: Any) -> dict[str, Any]:
        shape = super().to_representation(organization)
        shape["users"] = self.get_users(organization)
        shape["users_truncated"] = self.get_users_truncated(organization)
        return shape

    @extend_schema_field(UserSerializer(many=True))
    def get_users(self, organization: Any) -> Any:
        users: Any = [membership.user for membership in organization.shown[: access.USERS_SHOWN]]
        return UserSerializer(users, many=True, context=self.context).data

    def get_users_truncated(self, organization: Any) -> bool:
        return len(organization.shown) > access.USERS_SHOWN


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="For the Authorization header; valid for 7 days unless set otherwise.")
    refresh = serializers.CharField(help_text="For one refresh; valid for 30 days unless set otherwise.")


class LoginAnswerSerializer(TokensSerializer):
    user = UserSerializer()


class MailedInvitationSerializer(serializers.Serializer[Any]):
    """An invitation, as its mail leads to it."""

    invitation = InvitationSerializer()
    address = serializers.CharField(help_text="The one that the mail was sent to.")
    has_account = serializers.BooleanField(
        help_text="True: sign in with the account that has this address. False: sign up, by `password`."
    )
    is_yours = serializers.SerializerMethodField(help_text="True where you are signed in with this account.")

    def get_is_yours(self, found: Any) -> bool:
        return found.has_account and found.account.pk == self.context["request"].user.pk


class SessionSerializer(serializers.ModelSerializer[Session]):
    current = serializers.SerializerMethodField(help_text="True for the session that sends this request.")

    class Meta:
        model = Session
        fields = ("id", "created_at", "last_used_at", "user_agent", "address", "current")

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_current(self, session: Session) -> bool:
        return getattr(self.context["request"].auth, "pk", None) == session.pk


class RegisteredSerializer(serializers.Serializer[Any]):
    """The answer to a registration that the link in a mail completes."""

    detail = serializers.CharField(help_text="Says that a mail is on its way.")
