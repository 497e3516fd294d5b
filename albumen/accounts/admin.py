"""Users and their logins in the admin panel, and the form that signs in to it."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.html import format_html
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, AuthenticationForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from albumen.accounts import access
from albumen.accounts.models import Session, User
from albumen.accounts.services import passwords, profiles, sessions
from albumen.admin_base import LINK, ReadOnlyPage, ServicePage, counted, filter_by, linked, readable
from albumen.errors import DomainError, LimitReached
from albumen.plans.models import Plan


class SignInForm(AuthenticationForm):
    """E-mail and password, with the rate limits of the API."""

    def clean(self) -> Any:
        try:
            return super().clean()
        except LimitReached as refusal:
            detail = f"Too many attempts. Try again in {refusal.retry_after} seconds."
            raise ValidationError(detail, code=refusal.code) from None


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


class PlanChoice(forms.Form):
    plan = forms.ModelChoiceField(Plan.objects.order_by("name_key"), widget=UnfoldAdminSelectWidget)


admin.site.login_form = SignInForm
admin.site.unregister(Group)


UNDO, UNDO_STEPS = "accounts_user_undo", 5
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
        "proved": ("Proved", Q(email_verified_at__isnull=False)),
        "unproved": ("Not proved", Q(email_verified_at=None)),
    },
)


@admin.register(User)
class UserPage(DjangoUserAdmin, ServicePage):
    belongs_to = {"plans.plan": "plan"}
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = PasswordForm
    list_display = ("email", "name", "plan", "state", "pictures_held", "space", "joined", "last_login")
    list_filter = ("plan", StateFilter, SignInFilter, SpaceFilter, EmailFilter, "date_joined")
    list_select_related = ("plan",)
    search_fields = ("email", "search_key", "phone")
    ordering = ("-id",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password_page")}),
        ("Person", {"fields": ("first_name", "last_name", "phone", "language")}),
        ("Account", {"fields": ("plan", "is_active", "is_staff")}),
        ("Use", {"fields": ("picture_count", "space", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "phone", "language")}),
        ("Account", {"fields": ("plan", "is_staff")}),
    )
    readonly_fields = ("password_page", "picture_count", "space", "last_login", "date_joined")
    actions = ("change_plan", "deactivate", "activate")

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

    @admin.action(description="Change plan")
    def change_plan(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        form = PlanChoice(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self.ask(request, queryset, "change_plan", "Change plan", form)
        plan = form.cleaned_data["plan"]
        nothing = f"These users have the plan {plan} already."
        self._set(request, queryset.exclude(plan=plan), "plan", plan, nothing)
        return None

    @admin.action(description="Deactivate")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            return self.ask(request, queryset, "deactivate", "Deactivate, and end every login")
        nothing = "None of these users was active, or may be deactivated."
        self._set(request, queryset.filter(is_active=True), "is_active", False, nothing)
        return None

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set(request, queryset.filter(is_active=False), "is_active", True, "These users are active already.")

    def _set(self, request: HttpRequest, users: Iterable[User], field: str, value: Any, nothing: str) -> None:
        """Give these users a plan, or (de)activate them, and remember what they had for `undo`."""
        done, had = [], {}
        for user in list(users):
            before = user.serializable_value(field)
            try:
                profiles.update_user(actor=cast(User, request.user), user=user, **{field: value}, now=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{user}: {refusal.detail}", messages.WARNING)
            else:
                done.append(user)
                had[user.pk] = before
        did = f"moved to the plan {value}" if field == "plan" else "activated" if value else "deactivated"
        token, kept = get_random_string(12), request.session.get("undo", {})
        step = {"field": field, "value": value.pk if field == "plan" else value, "had": had}
        request.session["undo"] = dict([*kept.items()][1 - UNDO_STEPS :]) | {token: step}
        self.report(request, done, did, nothing, undo=reverse(f"admin:{UNDO}", args=[token]))

    def get_urls(self) -> list[URLPattern]:
        return [path("undo/<str:token>/", self.admin_site.admin_view(self.undo), name=UNDO), *super().get_urls()]

    def undo(self, request: HttpRequest, token: str) -> HttpResponse:
        """Give the users of one action back what they had, except to those that have been changed since."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        step = request.session.get("undo", {}).pop(token, None)
        request.session.modified = True
        if step is None:
            self.message_user(request, "This has been undone already, or was too long ago.", messages.WARNING)
            return redirect("admin:accounts_user_changelist")
        found = User.objects.in_bulk([int(pk) for pk in step["had"]]).values()
        unchanged = [user for user in found if user.serializable_value(step["field"]) == step["value"]]
        for before in sorted(set(step["had"].values())):
            value = Plan.objects.filter(pk=before).first() if step["field"] == "plan" else before
            theirs = [user for user in unchanged if step["had"][str(user.pk)] == before and value is not None]
            self._set(request, theirs, step["field"], value, "These users have been changed since.")
        return redirect("admin:accounts_user_changelist")

    def actions_for(self, row: User) -> Collection[str]:
        return ("change_plan", "deactivate" if row.is_active else "activate")

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
            changes = {field: getattr(obj, field) for field in form.changed_data}
            profiles.update_user(actor=cast(User, request.user), user=obj, **changes, now=timezone.now())
        else:
            fields = ("first_name", "last_name", "phone", "language", "plan", "is_staff")
            described = {field: getattr(obj, field) for field in fields}
            obj.pk = profiles.add_user(
                email=obj.email, password=form.cleaned_data["password1"], now=timezone.now(), **described
            ).pk

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        profiles.remove_user(user=obj, now=timezone.now())


SessionFilter = filter_by("state", "state", {"open": ("Open", Q(holds=True)), "over": ("Over", Q(holds=False))})


@admin.register(Session)
class SessionPage(ReadOnlyPage):
    """Logins by token and by cookie, which can be ended and not changed."""

    belongs_to = {"accounts.user": "user"}
    empty = "Nobody is signed in."
    list_display = ("login", "whose", "address", "created_at", "last_used_at", "state")
    list_filter = (SessionFilter, "created_at", "last_used_at")
    search_fields = ("user__email", "user_agent", "address")
    fields = ("user", "user_agent", "address", "created_at", "rotated_at", "last_used_at", "revoked_at", "state")
    readonly_fields = ("state",)
    actions = ("end_logins",)

    whose = linked("user", ordering="user__email")

    @display(description="Client", ordering="user_agent")
    def login(self, session: Session) -> str:
        return session.user_agent or "unknown client"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        held = access.valid_sessions(timezone.now())
        rows: QuerySet[Session] = super().get_queryset(request).select_related("user")
        return rows.annotate(holds=Exists(held.filter(pk=OuterRef("pk"))))

    @display(description="State", label={"open": "success", "over": "danger"})
    def state(self, session: Any) -> str:
        return "open" if session.holds else "over"

    @admin.action(description="End")
    def end_logins(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ended = list(queryset.filter(holds=True))
        for session in ended:
            sessions.end_session(session_id=session.pk, now=timezone.now())
        self.report(request, ended, "ended", "These sessions had ended already.")
