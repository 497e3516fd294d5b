"""Plans over HTTP: every user reads them, administrators write them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from albumen.idempotency.views import creates_once
from albumen.plans import access, services
from albumen.plans.serializers import PlanSerializer
from albumen.strict import require_no_fields, validated
from albumen.viewers import is_administrator


class AdministratorsWrite(BasePermission):
    """Everybody may read, and administrators may write. The services check it too, but this comes before the body is
    validated."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or is_administrator(request.user)


class PlanView(GenericAPIView[Any]):
    serializer_class = PlanSerializer
    permission_classes = (IsAuthenticated, AdministratorsWrite)


@extend_schema(tags=["Plans"])
class Plans(PlanView):
    ordering_fields = ("id", "name")
    ordering = "id"

    @extend_schema(summary="List the plans", description="For every user.")
    def get(self, request: Request) -> Response:
        listed: Any = access.listed_plans()
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="Make a plan", description="Administrators only.", responses={201: PlanSerializer})
    @creates_once
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        plan = services.create_plan(actor=request.user, **fields)
        return Response(self.get_serializer(plan).data, status=201)


@extend_schema(tags=["Plans"])
class OnePlan(PlanView):
    refusals = {"DELETE": [409]}

    @extend_schema(summary="Read a plan", description="Thumbnail heights, rights, and limits in bytes.")
    def get(self, request: Request, plan_id: int) -> Response:
        return Response(self.get_serializer(access.get_plan(plan_id)).data)

    @extend_schema(
        summary="Change a plan",
        description="Administrators only. Applies to all pictures of its users, also old ones, from the next request.",
    )
    def patch(self, request: Request, plan_id: int) -> Response:
        plan = access.get_plan(plan_id)
        fields = validated(self.get_serializer(plan, data=request.data, partial=True))
        plan = services.save_plan(actor=request.user, plan=plan, **fields)
        return Response(self.get_serializer(plan).data)

    @extend_schema(
        summary="Delete a plan",
        description="Administrators only. 409 while users have the plan, and for the default plan.",
        responses={204: None},
    )
    def delete(self, request: Request, plan_id: int) -> Response:
        require_no_fields(request)
        services.delete_plan(actor=request.user, plan_id=plan_id)
        return Response(status=204)
