"""Organizations and their members over HTTP.

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
from albumen.organizations.filters import MemberQuery, OrganizationQuery
from albumen.organizations.serializers import (
    MemberChangeSerializer,
    MemberSerializer,
    NewMemberSerializer,
    OrganizationSerializer,
)
from albumen.strict import require_no_fields, validated

if TYPE_CHECKING:
    from albumen.accounts.authentication import SignedInRequest


@extend_schema(tags=["Organizations"])
class Organizations(GenericAPIView[Any]):
    serializer_class = OrganizationSerializer
    query_class = OrganizationQuery
    ordering_fields = ("id", "name", "created_at")
    ordering = "id"

    @extend_schema(summary="List the organizations", description="All of them, for everybody who is signed in.")
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(access.organizations_visible_to(request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Make an organization",
        description="You become its owner.",
        responses={201: OrganizationSerializer},
    )
    @creates_once
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        organization = services.create_organization(actor=request.user, **fields, now=timezone.now())
        return Response(self.get_serializer(organization).data, status=201)


@extend_schema(tags=["Organizations"])
class OneOrganization(GenericAPIView[Any]):
    serializer_class = OrganizationSerializer
    refusals = {"DELETE": [409]}

    @extend_schema(
        summary="Read an organization", description="For everybody who is signed in; `role` is your own role in it."
    )
    def get(self, request: Request, organization_id: int) -> Response:
        return Response(self.get_serializer(access.get_organization(request.user, organization_id)).data)

    @extend_schema(summary="Change an organization", description="For its owners and administrators.")
    def patch(self, request: Request, organization_id: int) -> Response:
        access.get_managed_organization(request.user, organization_id)
        fields = validated(self.get_serializer(data=request.data, partial=True))
        organization = services.change_organization(actor=request.user, organization_id=organization_id, **fields)
        return Response(self.get_serializer(organization).data)

    @extend_schema(
        summary="Delete an organization",
        description="For its owners and administrators; 409 while it owns albums.",
        responses={204: None},
    )
    def delete(self, request: Request, organization_id: int) -> Response:
        require_no_fields(request)
        services.delete_organization(actor=request.user, organization_id=organization_id, now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Organizations"])
class Members(GenericAPIView[Any]):
    serializer_class = MemberSerializer
    query_class = MemberQuery
    ordering_fields = ("id", "joined_at")
    ordering = "id"
    refusals = {"POST": [409]}

    @extend_schema(summary="List the members", description="Each member with their role.")
    def get(self, request: Request, organization_id: int) -> Response:
        page = self.paginate_queryset(access.members_of(request.user, organization_id))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Add a member",
        description=(
            "For owners and administrators; by `user` or by `email`. The owners read the new member's e-mail and "
            "phone until the member chooses otherwise."
        ),
        request=NewMemberSerializer,
        responses={201: MemberSerializer},
    )
    @creates_once
    def post(self, request: Request, organization_id: int) -> Response:
        access.get_managed_organization(request.user, organization_id)
        fields = validated(NewMemberSerializer(data=request.data))
        membership = services.add_member(
            actor=request.user, organization_id=organization_id, **fields, now=timezone.now()
        )
        return Response(self.get_serializer(membership).data, status=201)


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
