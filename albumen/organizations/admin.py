"""Organizations, memberships and invitations in the admin panel."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from albumen.admin_base import LINK, ReadOnlyPage, ServicePage, filter_by, linked, page_link
from albumen.errors import NotFound
from albumen.organizations import services
from albumen.organizations.models import Invitation, InvitationState, Membership, Organization


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

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return (*self.fields, "contacts") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("organization", "user", "contacts") if obj else ()

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


StateFilter = filter_by(
    "state", "state", {str(state.value): (str(state.label).capitalize(), Q(state=state)) for state in InvitationState}
)


@admin.register(Invitation)
class InvitationPage(ReadOnlyPage):
    """Owners invite; here it can be looked at and revoked. Members are added at once on the page of memberships."""

    belongs_to = {"organizations.organization": "organization", "accounts.user": "user"}
    empty = "Nobody has been invited yet."
    list_display = ("number", "where", "to", "role", "by", "created_at", "expires_at", "condition")
    ordering = ("-id",)
    list_filter = (StateFilter, "role", "created_at", "expires_at")
    list_select_related = ("organization", "user", "inviter")
    search_fields = ("email", "user__email", "user__search_key", "organization__search_key")
    fields = ("organization", "to", "role", "by", "created_at", "expires_at", "mailed_at", "condition")
    readonly_fields = ("to", "by", "condition")
    actions = ("revoke_invitations",)

    where = linked("organization", ordering="organization__name_key")
    by = linked("inviter", "By", ordering="inviter__email")

    @display(description="Invitation", ordering="id")
    def number(self, invitation: Invitation) -> int:
        return invitation.pk

    @display(description="To", ordering="email")
    def to(self, invitation: Invitation) -> str:
        return page_link(invitation.user) if invitation.user else invitation.email

    @display(description="State", label={"pending": "success", "accepted": "info"})
    def condition(self, invitation: Invitation) -> str:
        past = invitation.state == InvitationState.PENDING and invitation.expires_at <= timezone.now()
        return "expired" if past else str(InvitationState(invitation.state).label)

    @admin.action(description="Revoke")
    def revoke_invitations(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        revoked = []
        for invitation in queryset:
            with suppress(NotFound):
                services.revoke_invitation(
                    actor=request.user,
                    organization_id=invitation.organization_id,
                    invitation_id=invitation.pk,
                    now=timezone.now(),
                )
                revoked.append(invitation)
        self.report(request, revoked, "revoked", "These invitations had ended already.")

    def actions_for(self, row: Invitation) -> Collection[str]:
        standing = row.state in (InvitationState.PENDING, InvitationState.CLOSED) and row.expires_at > timezone.now()
        return ("revoke_invitations",) if standing else ()
