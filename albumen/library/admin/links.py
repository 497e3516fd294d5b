"""Expiring links in the admin panel."""

from collections.abc import Collection
from typing import Any, cast

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from albumen.accounts.models import User
from albumen.admin_base import LINK, ReadOnlyPage, filter_by, linked
from albumen.library import access
from albumen.library.models import ExpiringLink
from albumen.library.services import links

STATES = {
    "": "running",
    "link_revoked": "withdrawn",
    "link_expired": "expired",
    "link_used_up": "used up",
    "link_ended": "picture removed",
}


class LinkStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Running"), ("used", "Used up"), ("expired", "Past its time"), ("withdrawn", "Withdrawn")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        match self.value():
            case "running":
                return queryset.running(now)
            case "used":
                return queryset.filter(uses__gte=F("max_uses"))
            case "expired":
                return queryset.filter(expires_at__lte=now)
            case "withdrawn":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


UseFilter = filter_by(
    "use",
    "use",
    {"some": ("Used", Q(uses__gt=0)), "none": ("Never used", Q(uses=0))},
)


@admin.register(ExpiringLink)
class LinkPage(ReadOnlyPage):
    """Links are made by those who hand them out; here they can be looked at and withdrawn."""

    belongs_to = {"library.picture": "picture", "accounts.user": "picture__owner"}
    empty = "Nobody has handed out a link yet."
    list_display = ("number", "of", "owner", "size", "expires_at", "use", "state")
    list_filter = (LinkStateFilter, UseFilter, "created_at", "expires_at")
    list_select_related = ("picture__owner__plan",)
    search_fields = ("picture__search_key", "picture__owner__email")
    fields = ("picture", "owner", "size", "address", "created_at", "expires_at", "use", "state", "revoked_at")
    readonly_fields = ("owner", "size", "address", "use", "state")
    actions = ("revoke_links",)

    of = linked("picture", ordering="picture__name_key")
    owner = linked("picture__owner", ordering="picture__owner__email")

    @display(description="Link", ordering="id")
    def number(self, link: ExpiringLink) -> int:
        return link.pk

    @display(description="Size", ordering="height")
    def size(self, link: ExpiringLink) -> str:
        return f"{link.height} px" if link.height else "original"

    @display(description="Used")
    def use(self, link: ExpiringLink) -> str:
        return f"{link.uses}" if link.max_uses is None else f"{link.uses} of {link.max_uses}"

    @display(description="State", label={"running": "success"})
    def state(self, link: ExpiringLink) -> str:
        return STATES[link.end(timezone.now())]

    @display(description="Public address")
    def address(self, link: ExpiringLink) -> str:
        path = reverse("link-target", kwargs={"token": access.link_token(link.pk)})
        return format_html('<a href="{}" class="{}">{}</a> (opening it counts as a use)', path, LINK, path)

    @admin.action(description="Withdraw")
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[ExpiringLink]) -> None:
        chosen = list(queryset.filter(revoked_at=None))
        for link in chosen:
            links.revoke_link(actor=cast(User, request.user), link_id=link.pk, now=timezone.now())
        self.report(request, chosen, "withdrawn", "These links were withdrawn already.")

    def actions_for(self, row: ExpiringLink) -> Collection[str]:
        return ("revoke_links",) if row.revoked_at is None else ()
