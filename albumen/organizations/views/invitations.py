"""Invitations over HTTP: those that an organization has sent, and those that somebody has received."""

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.idempotency.views import creates_once
from albumen.organizations import access, services
from albumen.organizations.serializers import DeclineSerializer, InvitationSerializer, NewMemberSerializer
from albumen.strict import require_no_fields, validated

if TYPE_CHECKING:
    from albumen.accounts.authentication import SignedInRequest


@extend_schema(tags=["Organizations"])
class SentInvitations(GenericAPIView[Any]):
    serializer_class = InvitationSerializer
    ordering_fields = ("id", "created_at", "expires_at")
    ordering = "id"
    refusals = {"POST": [409, 429]}

    @extend_schema(
        summary="List the invitations of an organization",
        description=(
            "For its owners and administrators: those that are pending. One that was declined stays in the list until "
            "it expires, so that it tells nothing about the person."
        ),
    )
    def get(self, request: Request, organization_id: int) -> Response:
        page = self.paginate_queryset(access.sent_invitations(request.user, organization_id, timezone.now()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Invite somebody",
        description=(
            "For owners and administrators; by `user` or by `email`. The person gets a mail, and becomes a member by "
            "accepting within 14 days. By `email` the response is the same whether or not somebody has this address. "
            "Inviting again renews the invitation, and mails it at most once an hour."
        ),
        request=NewMemberSerializer,
        responses={201: InvitationSerializer},
    )
    @creates_once
    def post(self, request: Request, organization_id: int) -> Response:
        access.get_managed_organization(request.user, organization_id)
        fields = validated(NewMemberSerializer(data=request.data))
        now = timezone.now()
        invitation = services.invite(actor=request.user, organization_id=organization_id, **fields, now=now)
        return Response(self.get_serializer(invitation).data, status=201)


@extend_schema(tags=["Organizations"])
class OneSentInvitation(GenericAPIView[Any]):
    @extend_schema(
        summary="Revoke an invitation",
        description="For owners and administrators. The link in its mail stops working.",
        responses={204: None},
    )
    def delete(self, request: Request, organization_id: int, invitation_id: int) -> Response:
        require_no_fields(request)
        services.revoke_invitation(
            actor=request.user,
            organization_id=organization_id,
            invitation_id=invitation_id,
            now=timezone.now(),
        )
        return Response(status=204)


@extend_schema(tags=["Organizations"])
class ReceivedInvitations(GenericAPIView[Any]):
    serializer_class = InvitationSerializer
    ordering_fields = ("id", "created_at", "expires_at")
    ordering = "-id"

    @extend_schema(
        summary="List your invitations",
        description="Those that wait for you: to your account, and to your e-mail address once you have verified it.",
    )
    def get(self, request: "SignedInRequest") -> Response:
        page = self.paginate_queryset(access.received_invitations(request.user, timezone.now()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["Organizations"])
class AcceptInvitation(GenericAPIView[Any]):
    serializer_class = InvitationSerializer
    refusals = {"POST": [410]}

    @extend_schema(
        summary="Accept an invitation",
        description=(
            "You become a member with the role of the invitation, and the owners read your e-mail and phone until you "
            "choose otherwise. Accepting twice is no error. 410 when it has expired, or was declined or revoked."
        ),
        request=None,
    )
    def post(self, request: "SignedInRequest", invitation_id: int) -> Response:
        require_no_fields(request)
        now = timezone.now()
        invitation = services.accept_invitation(actor=request.user, invitation_id=invitation_id, now=now)
        return Response(self.get_serializer(invitation).data)


@extend_schema(tags=["Organizations"])
class DeclineInvitation(GenericAPIView[Any]):
    serializer_class = DeclineSerializer
    refusals = {"POST": [409]}

    @extend_schema(
        summary="Decline an invitation",
        description=(
            "Who invited you is not told. With `block`, later invitations of this organization reach you no more, and "
            "nobody is told that either. 409 when you have accepted it."
        ),
        responses={204: None},
    )
    def post(self, request: "SignedInRequest", invitation_id: int) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        services.decline_invitation(actor=request.user, invitation_id=invitation_id, **fields)
        return Response(status=204)
