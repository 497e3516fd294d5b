"""What is done to many users at once, and undone."""

from collections.abc import Collection, Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from unfold.widgets import UnfoldAdminSelectWidget

from albumen.accounts.models import User
from albumen.accounts.services import profiles, sessions
from albumen.admin_base import ServicePage
from albumen.errors import DomainError
from albumen.plans.models import Plan

UNDO, UNDO_STEPS = "accounts_user_undo", 5


class PlanChoice(forms.Form):
    plan = forms.ModelChoiceField(Plan.objects.order_by("name_key"), widget=UnfoldAdminSelectWidget)


class UserActions(ServicePage):
    """Actions that change a plan or a state remember what each user had, for their undo."""

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

    @admin.action(description="Sign out everywhere")
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        if "confirmed" not in request.POST:
            return self.ask(request, queryset, "sign_out", "Sign out everywhere")
        users = list(queryset)
        for user in users:
            sessions.end_all_sessions(user=user, now=timezone.now())
        self.report(request, users, "signed out everywhere", "")
        return None

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
        return ("change_plan", "sign_out", "deactivate" if row.is_active else "activate")
