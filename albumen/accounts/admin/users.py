"""Users in the admin panel."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from albumen.accounts.admin.user_actions import UserActions
from albumen.accounts.models import Session, User
from albumen.accounts.services import passwords, profiles
from albumen.admin_base import LINK, counted, filter_by, readable

admin.site.unregister(Group)

StateFilter = filter_by(
    "state",
    "state",
    {
        "active": ("Active", Q(is_active=True)),
        "deactivated": ("Deactivated", Q(is_active=False)),
        "administrators": ("Administrators", Q(is_staff=True)),
    },
)
SignInFilter = filter_by(
    "last sign-in",
    "signed_in",
    {
        "week": ("In the last 7 days", lambda now: Q(last_login__gt=now - timedelta(days=7))),
        "month": ("In the last 30 days", lambda now: Q(last_login__gt=now - timedelta(days=30))),
        "long": ("Not for 90 days", lambda now: Q(last_login__lte=now - timedelta(days=90))),
        "never": ("Never", Q(last_login=None)),
    },
)
SpaceFilter = filter_by(
    "space",
    "space",
    {
        "none": ("No picture", Q(picture_count=0)),
        "some": ("Some pictures", Q(picture_count__gt=0)),
        "full": ("Over 90 % of the quota", Q(bytes_used__gt=F("plan__quota_bytes") * 0.9)),
    },
)
EmailFilter = filter_by(
    "e-mail",
    "email",
    {
        "verified": ("Verified", Q(email_verified_at__isnull=False)),
        "unverified": ("Not verified", Q(email_verified_at=None)),
    },
)


class PasswordForm(AdminPasswordChangeForm):
    """Set a new password for a user, which ends all of the user's sessions."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        # A password is the only way to sign in, so every user needs one.
        self.fields.pop("usable_password", None)
        self.fields["password1"].required = self.fields["password2"].required = True

    def save(self, commit: bool = True) -> User:
        passwords.set_password(user=self.user, password=self.cleaned_data["password1"], now=timezone.now())
        return self.user


class UserForm(UserChangeForm):
    email_verified = forms.BooleanField(
        required=False,
        label="I know that this address is the user's",
        help_text="Without it another address is unverified until its owner opens the link in a mail.",
        widget=UnfoldBooleanSwitchWidget,
    )


@admin.register(User)
class UserPage(DjangoUserAdmin, UserActions):
    belongs_to = {"plans.plan": "plan"}
    form = UserForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ("email", "name", "plan", "state", "pictures_held", "space", "joined", "last_login")
    list_filter = ("plan", StateFilter, SignInFilter, SpaceFilter, EmailFilter, "date_joined")
    list_select_related = ("plan",)
    search_fields = ("email", "search_key", "phone")
    ordering = ("-id",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "verified", "email_verified", "password_page")}),
        ("Person", {"fields": ("first_name", "last_name", "phone", "language")}),
        ("Account", {"fields": ("plan", "is_active", "is_staff")}),
        ("Use", {"fields": ("picture_count", "space", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "phone", "language")}),
        ("Account", {"fields": ("plan", "is_staff")}),
    )
    readonly_fields = ("verified", "password_page", "picture_count", "space", "last_login", "date_joined")
    actions = ("change_plan", "sign_out", "deactivate", "activate")

    @display(description="Verified")
    def verified(self, user: User) -> str:
        verified = f"on {user.email_verified_at:%Y-%m-%d %H:%M}" if user.email_verified_at else "no"
        return f"{verified}; {user.pending_email} waits for its link" if user.pending_email else verified

    @display(description="Password")
    def password_page(self, user: User) -> str:
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}" class="{}">Set another password</a>', address, LINK)

    @display(description="Name", ordering="first_name_key")
    def name(self, user: User) -> str:
        return user.name

    @display(
        description="State",
        ordering="is_active",
        label={"administrator": "info", "active": "success", "deactivated": "danger"},
    )
    def state(self, user: User) -> str:
        if not user.is_active:
            return "deactivated"
        return "administrator" if user.is_staff else "active"

    @display(description="Pictures", ordering="picture_count")
    def pictures_held(self, user: User) -> int:
        return user.picture_count

    @display(description="Space", ordering="bytes_used")
    def space(self, user: User) -> str:
        quota = user.plan.quota_bytes
        return readable(user.bytes_used) + ("" if quota is None else f" of {readable(quota)}")

    @display(description="Joined", ordering="date_joined")
    def joined(self, user: User) -> str:
        return f"{user.date_joined:%Y-%m-%d}"

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Users delete their own account in their profile, with their password.
        return obj != request.user and bool(super().has_delete_permission(request, obj))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        _, counts, needed, protected = super().get_deleted_objects(objs, request)
        users = [f"{user.email}, with {counted(user.picture_count, 'picture')}" for user in objs]
        return users, counts, needed, protected

    def deletion_counts(self, objs: Collection[User]) -> dict[str, int]:
        sessions_held = Session.objects.filter(user__in=objs).count()
        return {"users": len(objs), "pictures": sum(user.picture_count for user in objs), "sessions": sessions_held}

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            changes = {field: getattr(obj, field) for field in form.changed_data if field != "email_verified"}
            known = form.cleaned_data["email_verified"]
            actor, now = cast(User, request.user), timezone.now()
            profiles.update_user(actor=actor, user=obj, email_verified=known, **changes, now=now)
        else:
            fields = ("first_name", "last_name", "phone", "language", "plan", "is_staff")
            described = {field: getattr(obj, field) for field in fields}
            obj.pk = profiles.add_user(
                email=obj.email, password=form.cleaned_data["password1"], now=timezone.now(), **described
            ).pk

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        profiles.remove_user(user=obj, now=timezone.now())
