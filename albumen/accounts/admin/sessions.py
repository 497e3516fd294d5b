"""Sessions in the admin panel."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from albumen.accounts import access
from albumen.accounts.models import Session
from albumen.accounts.services import sessions
from albumen.admin_base import ReadOnlyPage, filter_by, linked

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

    @display(description="State", label={"open": "success"})
    def state(self, session: Any) -> str:
        return "open" if session.holds else "over"

    @admin.action(description="End")
    def end_logins(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ended = list(queryset.filter(holds=True))
        for session in ended:
            sessions.end_session(session_id=session.pk, now=timezone.now())
        self.report(request, ended, "ended", "These sessions had ended already.")

    def actions_for(self, row: Any) -> Collection[str]:
        return ("end_logins",) if row.holds else ()
