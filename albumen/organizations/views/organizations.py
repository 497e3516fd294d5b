"""Organizations over HTTP.

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
from albumen.organizations.filters import OrganizationQuery
from albumen.organizations.serializers import OrganizationSerializer
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
    def get(self, request: "SignedInRequest") -> Response:
        listed: Any = access.listed_organizations(request.user)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Make an organization",
        description="You become its owner. An account may own so many at most as the operator says: 403 beyond that.",
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
