"""Organizations and memberships in the admin panel."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from albumen.admin_base import LINK, ServicePage, linked
from albumen.organizations import services
from albumen.organizations.models import Membership, Organization


@admin.register(Organization)
class OrganizationPage(ServicePage):
    empty = "Nobody has founded an organization yet."
    list_display = ("name", "description", "open", "members", "created_at")
    ordering = ("-id",)
    list_filter = ("open", "created_at")
    search_fields = ("search_key",)
    fields = ("name", "description", "open")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        organizations: QuerySet[Organization] = super().get_queryset(request)
        return organizations.annotate(member_count=Count("memberships"))

    @display(description="Members", ordering="member_count")
    def members(self, organization: Any) -> str:
        query = {"organization__id__exact": organization.pk}
        address = reverse("admin:organizations_membership_changelist", query=query)
        return format_html('<a href="{}" class="{}">{}</a>', address, LINK, organization.member_count)

    def deletion_counts(self, objs: Collection[Organization]) -> dict[str, int]:
        members = Membership.objects.filter(organization__in=objs).count()
        return {"organizations": len(objs), "members": members}

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        if change:
            changes = {field: form.cleaned_data[field] for field in form.changed_data}
            services.change_organization(actor=request.user, organization_id=obj.pk, **changes)
        else:
            fields = {field: form.cleaned_data[field] for field in self.fields}
            obj.pk = services.create_organization(actor=request.user, **fields, now=timezone.now()).pk

    def delete_model(self, request: HttpRequest, obj: Organization) -> None:
        services.delete_organization(actor=request.user, organization_id=obj.pk, now=timezone.now())


@admin.register(Membership)
class MembershipPage(ServicePage):
    """A page of its own, because the organization's form could not post more than a few members."""

    belongs_to = {"organizations.organization": "organization", "accounts.user": "user"}
    empty = "Nobody is in an organization yet."
    list_display = ("role", "who", "where", "joined_at")
    ordering = ("-id",)
    list_filter = ("role", "joined_at")
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "user__search_key", "organization__search_key")
    autocomplete_fields = ("organization", "user")
    fields = ("organization", "user", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("organization", "user") if obj else ()

    who = linked("user", ordering="user__email")
    where = linked("organization", ordering="organization__name_key")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if change:
            services.change_membership(
                actor=request.user,
                organization_id=obj.organization_id,
                user_id=obj.user_id,
                role=obj.role,
                now=timezone.now(),
            )
        else:
            obj.pk = services.add_member(
                actor=request.user,
                organization_id=obj.organization_id,
                user=obj.user_id,
                role=obj.role,
                now=timezone.now(),
            ).pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        services.remove_member(
            actor=request.user, organization_id=obj.organization_id, user_id=obj.user_id, now=timezone.now()
        )
