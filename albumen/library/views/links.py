"""Expiring links: make, list, revoke."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.accounts.authentication import SignedInRequest
from albumen.idempotency.views import creates_once
from albumen.library import access
from albumen.library.filters import LinkQuery
from albumen.library.serializers.requests import LinkRequestSerializer
from albumen.library.serializers.shapes import LinkSerializer
from albumen.library.services import links
from albumen.strict import require_no_fields, validated

ORDERINGS = ("created_at", "expires_at")


@extend_schema(tags=["Expiring links"])
class PictureLinks(GenericAPIView[Any]):
    serializer_class = LinkSerializer
    ordering_fields = ORDERINGS
    ordering = "-created_at"

    @extend_schema(
        summary="List a picture's links", description="For the picture's owner. Includes links that have ended."
    )
    def get(self, request: Request, picture_id: int) -> Response:
        listed: Any = access.listed_links_of_picture(request.user, picture_id)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Make an expiring link",
        description=(
            "To one size of the picture, for 300 to 300,000 seconds, for `max_uses` downloads where given. Opened in "
            "a browser, a link with `max_uses` shows a page with a button first, so that a messenger's preview uses "
            "up nothing; `<img>` and programs get the image."
        ),
        request=LinkRequestSerializer,
        responses={201: LinkSerializer},
    )
    @creates_once
    def post(self, request: SignedInRequest, picture_id: int) -> Response:
        # First, so that a hidden picture is 404 also with a body that is wrong.
        access.get_editable_picture(request.user, picture_id)
        fields = validated(LinkRequestSerializer(data=request.data))
        link = links.create_link(actor=request.user, picture_id=picture_id, **fields, now=timezone.now())
        return Response(self.get_serializer(link).data, status=201)


@extend_schema(tags=["Expiring links"])
class Links(GenericAPIView[Any]):
    serializer_class = LinkSerializer
    query_class = LinkQuery
    ordering_fields = ORDERINGS
    ordering = "-created_at"

    @extend_schema(
        summary="List your links", description="The links to your own pictures, including those that have ended."
    )
    def get(self, request: Request) -> Response:
        listed: Any = access.listed_links(request.user)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["Expiring links"])
class OneLink(GenericAPIView[Any]):
    serializer_class = LinkSerializer

    @extend_schema(
        summary="Read a link", description="For the picture's owner: how often it was used, and when it ends."
    )
    def get(self, request: Request, link_id: int) -> Response:
        return Response(self.get_serializer(access.get_link(request.user, link_id)).data)

    @extend_schema(summary="Revoke a link", description="Its URL gives 410 from now on.", responses={204: None})
    def delete(self, request: SignedInRequest, link_id: int) -> Response:
        require_no_fields(request)
        links.revoke_link(actor=request.user, link_id=link_id, now=timezone.now())
        return Response(status=204)
