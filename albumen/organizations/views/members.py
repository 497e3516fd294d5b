"""The members of organizations over HTTP.

Where a request has a body, the view asks `access` before it validates the body, so that a 403 or 404 comes before a
400. The service asks again, under its lock.
"""

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.idempotency.views import creates_once
from albumen.organizations import access, services
from albumen.organizations.filters import MemberQuery
from albumen.organizations.serializers import (
    InvitationSerializer,
    MemberChangeSerializer,
    MemberSerializer,
    NewMemberSerializer,
)
from albumen.strict import require_no_fields, validated

if TYPE_CHECKING:
    from albumen.accounts.authentication import SignedInRequest


@extend_schema(tags=["Organizations"])
class Members(GenericAPIView[Any]):
    serializer_class = MemberSerializer
    query_class = MemberQuery
    ordering_fields = ("id", "joined_at")
    ordering = "id"
    refusals = {"POST": [409, 429]}

    @extend_schema(summary="List the members", description="Each member with their role.")
    def get(self, request: Request, organization_id: int) -> Response:
        listed: Any = access.listed_members(request.user, organization_id)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Add or invite somebody",
        description=(
            "By `user` or by `email`. Administrators add a member at once (201). From an owner it makes an invitation "
            "(202), as `POST /api/organizations/{id}/invitations/` does: nobody joins unasked."
        ),
        request=NewMemberSerializer,
        responses={201: MemberSerializer, 202: InvitationSerializer},
    )
    @creates_once
    def post(self, request: Request, organization_id: int) -> Response:
        access.get_managed_organization(request.user, organization_id)
        fields = validated(NewMemberSerializer(data=request.data))
        now = timezone.now()
        made = services.add_or_invite(actor=request.user, organization_id=organization_id, **fields, now=now)
        if services.is_invitation(made):
            return Response(InvitationSerializer(made).data, status=202)
        return Response(self.get_serializer(made).data, status=201)


@extend_schema(tags=["Organizations"])
class OneMember(GenericAPIView[Any]):
    serializer_class = MemberSerializer
    refusals = {"PATCH": [409], "DELETE": [409]}

    @extend_schema(
        summary="Change a role, or who reads your contacts",
        description=(
            "`role`: for owners and administrators; 409 for the last owner, who has to stay one. `contacts`: for the "
            "member alone; who in the organization reads your e-mail and phone: nobody, its owners, or all members."
        ),
        request=MemberChangeSerializer,
    )
    def patch(self, request: Request, organization_id: int, user_id: int) -> Response:
        access.get_changeable_membership(request.user, organization_id, user_id)
        fields = validated(MemberChangeSerializer(data=request.data))
        membership = services.change_membership(
            actor=request.user, organization_id=organization_id, user_id=user_id, **fields, now=timezone.now()
        )
        return Response(self.get_serializer(membership).data)

    @extend_schema(
        summary="Remove a member, or leave",
        description="Owners and administrators remove anybody; everybody may leave. 409 for the last owner.",
        responses={204: None},
    )
    def delete(self, request: Request, organization_id: int, user_id: int) -> Response:
        require_no_fields(request)
        services.remove_member(
            actor=request.user, organization_id=organization_id, user_id=user_id, now=timezone.now()
        )
        return Response(status=204)


@extend_schema(tags=["Organizations"])
class Join(GenericAPIView[Any]):
    serializer_class = MemberSerializer

    @extend_schema(
        summary="Join an open organization",
        description=(
            "You become a viewer, and show nobody your e-mail and phone until you choose otherwise. If you are a "
            "member already, nothing changes."
        ),
        request=None,
    )
    def post(self, request: "SignedInRequest", organization_id: int) -> Response:
        require_no_fields(request)
        membership = services.join_organization(
            actor=request.user, organization_id=organization_id, now=timezone.now()
        )
        return Response(self.get_serializer(membership).data)
