"""The shapes of users, logins and their requests."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from albumen.accounts import access
from albumen.accounts.hashers import spellings
from albumen.accounts.models import Session, User
from albumen.fields import EmailField, NameField, PhoneField
from albumen.organizations.models import Role
from albumen.organizations.serializers import DeclineSerializer, InvitationSerializer, OrganizationSerializer
from albumen.plans.models import Plan
from albumen.querying import MAX_ID
from albumen.strict import UNKNOWN_FIELD, StrictSerializer, escaped
from albumen.uploads.parsers import Base64Field, UploadField
from albumen.uploads.temporary import Upload

BASE64 = "An image as base64, bare or as a data URL; in a form, a file."
LANGUAGE = "Of mails and messages. Null follows the `Accept-Language` of each request."
CONTACTS = "For the user, administrators, and those to whom the user shows it in an organization of both."


def password_field(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=200, trim_whitespace=False, write_only=True, **kwargs)


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

    @extend_schema_field(UserSerializer(many=True))
    def get_users(self, organization: Any) -> Any:
        users: Any = [membership.user for membership in organization.shown[: access.USERS_SHOWN]]
        return UserSerializer(users, many=True, context=self.context).data

    def get_users_truncated(self, organization: Any) -> bool:
        return len(organization.shown) > access.USERS_SHOWN


class LanguageField(serializers.ChoiceField):
    """A language, empty for null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(settings.LANGUAGES, allow_null=True, help_text=LANGUAGE, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(data) or ""


class NamesSerializer(StrictSerializer):
    first_name = NameField(max_length=150, required=False, allow_blank=True)
    last_name = NameField(max_length=150, required=False, allow_blank=True)
    phone = PhoneField(max_length=32, required=False, allow_blank=True)


class ConfirmedPasswordSerializer(StrictSerializer):
    """A new password, which may be sent twice against typing errors."""

    password_confirm = password_field(required=False, help_text="The new password again; refused if it differs.")
    confirmed = "password"

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        password = attrs[self.confirmed]
        if spellings(attrs.pop("password_confirm", password))[0] != spellings(password)[0]:
            detail = _("This is not the same as the new password: write it twice alike.")
            raise serializers.ValidationError({"password_confirm": detail}, code="password_mismatch")
        return attrs


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "With names",
            value={"email": "alice@example.com", "password": "a long sentence", "first_name": "Alice"},
            request_only=True,
        )
    ]
)
class RegisterSerializer(ConfirmedPasswordSerializer, NamesSerializer):
    email = EmailField()
    password = password_field()
    name = NameField(
        max_length=150, required=False, allow_blank=True, help_text="Used as `first_name` if that is absent."
    )
    avatar = Base64Field(required=False, allow_null=True, help_text=BASE64)
    language = LanguageField(required=False)
    organizations = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        required=False,
        max_length=1000,
        help_text="Ids of open organizations, which the new user joins as a viewer.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        name = attrs.pop("name", "")
        attrs.setdefault("first_name", name)
        return attrs


class AvatarField(Base64Field):
    """An image, or the URL of the present avatar, which leaves it unchanged."""

    def to_internal_value(self, data: Any) -> Upload:
        if isinstance(data, str) and data.startswith(("http://", "https://")):
            present = self.context["request"].user.avatar
            if present and f"/{present}/" in data:
                raise serializers.SkipField
            self.fail("invalid")
        return super().to_internal_value(data)


class OrganizationIdField(serializers.IntegerField):
    """An organization's id, or its object as in a response."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if not (isinstance(data, dict) and "id" in data):
            return super().to_internal_value(data)
        known = UserOrganizationSerializer().fields.keys()
        if unknown := data.keys() - known:
            detail = str(UNKNOWN_FIELD % {"known": ", ".join(known)})
            raise serializers.ValidationError({escaped(name): detail for name in unknown}, code="unknown_field")
        return super().to_internal_value(data["id"])


class ProfileSerializer(NamesSerializer):
    """Changes to your own record; absent fields stay."""

    representation = UserSerializer

    email = EmailField(required=False, help_text="Another one needs `password`, and is confirmed by a mail.")
    password = password_field(required=False)
    avatar = AvatarField(required=False, allow_null=True, help_text=f"{BASE64} Null removes it.")
    language = LanguageField(required=False)
    organizations = serializers.ListField(
        child=OrganizationIdField(),
        required=False,
        max_length=1000,
        help_text="Ids of all your organizations: you join new ones, if open, as a viewer, and leave absent ones.",
    )


class UserChangeSerializer(NamesSerializer):
    representation = UserSerializer

    plan = serializers.PrimaryKeyRelatedField(
        queryset=Plan.objects.all(), pk_field=serializers.IntegerField(), required=False
    )
    is_active = serializers.BooleanField(required=False)


class LoginSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = password_field()
    code = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="From the mail of `POST /api/login/code/`.",
    )


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="For the Authorization header; valid for 7 days.")
    refresh = serializers.CharField(help_text="For one refresh; valid for 30 days.")


class LoginAnswerSerializer(TokensSerializer):
    user = UserSerializer()


class InvitationTokenSerializer(StrictSerializer):
    token = serializers.CharField(max_length=1000, help_text="The one in the link of the mail, behind `#token=`.")


class AcceptMailedSerializer(InvitationTokenSerializer, NamesSerializer):
    password = password_field(required=False, help_text="To sign up, where nobody has the address yet.")


class DeclineMailedSerializer(InvitationTokenSerializer, DeclineSerializer):
    pass


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


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=4000)


class SessionSerializer(serializers.ModelSerializer[Session]):
    current = serializers.SerializerMethodField(help_text="True for the session that sends this request.")

    class Meta:
        model = Session
        fields = ("id", "created_at", "last_used_at", "user_agent", "address", "current")

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_current(self, session: Session) -> bool:
        return getattr(self.context["request"].auth, "pk", None) == session.pk


class PasswordSerializer(ConfirmedPasswordSerializer):
    confirmed = "new_password"

    current_password = password_field()
    new_password = password_field()


class DeletionSerializer(StrictSerializer):
    password = password_field()


class AvatarSerializer(StrictSerializer):
    avatar = UploadField()


class ResetSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)


class DisownSerializer(StrictSerializer):
    token = serializers.CharField(max_length=200)


class ResetConfirmSerializer(ConfirmedPasswordSerializer):
    confirmed = "new_password"

    uid = serializers.CharField(max_length=100)
    token = serializers.CharField(max_length=200)
    new_password = password_field()


class LinkSerializer(StrictSerializer):
    token = serializers.CharField(max_length=2000, help_text="What follows `#token=` in the link of the mail.")
    password = password_field(
        required=False,
        help_text="Of the account or the registration; refused if it is another one. The page that the mail leads to "
        "asks for it, so that nobody confirms an address for a stranger who has written it down as theirs.",
    )


class RegisteredSerializer(serializers.Serializer[Any]):
    """What a registration returns that is finished by a mail's link."""

    detail = serializers.CharField(help_text="Says that a mail is on its way.")


class StopSerializer(StrictSerializer):
    token = serializers.CharField(max_length=2000, help_text="What follows `#token=` in the link of the mail.")
