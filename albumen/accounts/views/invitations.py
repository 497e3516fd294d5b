"""Answer an invitation with the token of its mail, signed in or not."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.accounts.authentication import place_of, remember_device
from albumen.accounts.serializers.requests import (
    AcceptMailedSerializer,
    DeclineMailedSerializer,
    InvitationTokenSerializer,
)
from albumen.accounts.serializers.shapes import LoginAnswerSerializer, MailedInvitationSerializer
from albumen.accounts.services import invitations
from albumen.accounts.views.sessions import login_response
from albumen.errors import Invalid
from albumen.organizations.serializers import InvitationSerializer
from albumen.strict import validated


@extend_schema(tags=["Organizations"])
class MailedInvitation(GenericAPIView[Any]):
    serializer_class = InvitationTokenSerializer
    permission_classes = (AllowAny,)
    refusals = {"POST": [410]}

    @extend_schema(
        summary="Read an invitation by the token of its mail",
        description="For whoever has the mail, signed in or not. 410 when it can be accepted no more.",
        responses=MailedInvitationSerializer,
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        found = invitations.show_mailed(**fields, now=timezone.now())
        return Response(MailedInvitationSerializer(found, context=self.get_serializer_context()).data)


@extend_schema(tags=["Organizations"])
class AcceptMailedInvitation(GenericAPIView[Any]):
    serializer_class = AcceptMailedSerializer
    permission_classes = (AllowAny,)
    refusals = {"POST": [401, 403, 410, 429]}

    @extend_schema(
        operation_id="invitations_mailed_accept",
        summary="Accept an invitation by the token of its mail",
        description=(
            "Signed in: with the account that has the address of the mail, which is verified by this; 403 with any "
            "other. Not signed in, and nobody has the address: `password` and names sign you up; 201 with the tokens "
            "of a login. Not signed in, but somebody has it: 401, sign in first. 410 when the invitation has expired, "
            "or was declined or revoked."
        ),
        responses={200: InvitationSerializer, 201: LoginAnswerSerializer},
    )
    def post(self, request: Request) -> Response:
        fields, now = validated(self.get_serializer(data=request.data)), timezone.now()
        if request.user.is_authenticated:
            if len(fields) > 1:
                raise Invalid("invalid", "You are signed in already: send the `token` alone.")
            invitation = invitations.accept_mailed(user=request.user, token=fields["token"], now=now)
            return Response(InvitationSerializer(invitation).data)
        place = place_of(request._request)
        session, pair = invitations.sign_up_mailed(**{"password": None, **fields}, place=place, now=now)
        remember_device(request._request, session.user)
        return login_response(request, session, pair, status=201)


@extend_schema(tags=["Organizations"])
class DeclineMailedInvitation(GenericAPIView[Any]):
    serializer_class = DeclineMailedSerializer
    permission_classes = (AllowAny,)
    refusals = {"POST": [409, 410]}

    @extend_schema(
        operation_id="invitations_mailed_decline",
        summary="Decline an invitation by the token of its mail",
        description="For whoever has the mail, signed in or not; otherwise as `/api/invitations/{id}/decline/`.",
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        invitations.decline_mailed(**fields)
        return Response(status=204)
