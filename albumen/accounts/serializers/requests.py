"""Bodies of requests: registrations, logins, profiles, passwords, links of mails."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from albumen.accounts.hashers import spellings
from albumen.accounts.serializers.shapes import LANGUAGE, UserOrganizationSerializer, UserSerializer
from albumen.fields import ChoiceField, EmailField, NameField, PhoneField
from albumen.organizations.serializers import DeclineSerializer
from albumen.plans.models import Plan
from albumen.querying import MAX_ID
from albumen.strict import UNKNOWN_FIELD, StrictSerializer, escaped
from albumen.uploads.parsers import Base64Field, UploadField
from albumen.uploads.temporary import Upload

BASE64 = "An image as base64, bare or as a data URL; in a form, a file."


def password_field(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(max_length=200, trim_whitespace=False, write_only=True, **kwargs)


class LanguageField(ChoiceField):
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
    """A new account."""

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


class InvitationTokenSerializer(StrictSerializer):
    token = serializers.CharField(max_length=1000, help_text="The one in the link of the mail, behind `#token=`.")


class AcceptMailedSerializer(InvitationTokenSerializer, NamesSerializer):
    password = password_field(required=False, help_text="To sign up, where nobody has the address yet.")


class DeclineMailedSerializer(InvitationTokenSerializer, DeclineSerializer):
    pass


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=4000)


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


class EmailLinkSerializer(StrictSerializer):
    token = serializers.CharField(max_length=2000, help_text="What follows `#token=` in the link of the mail.")
    password = password_field(
        required=False,
        help_text="Of the account or the registration; refused if it is another one. The page that the mail leads to "
        "asks for it, so that nobody confirms an address for a stranger who has written it down as theirs.",
    )


class StopChangeSerializer(StrictSerializer):
    token = serializers.CharField(max_length=2000, help_text="What follows `#token=` in the link of the mail.")
