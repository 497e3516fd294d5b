"""The links in mails that prove an e-mail address."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen import rates
from albumen.accounts.authentication import SignedInRequest
from albumen.accounts.serializers.requests import EmailLinkSerializer, StopChangeSerializer
from albumen.accounts.services import email_links, email_verification
from albumen.accounts.views.sessions import PublicView
from albumen.strict import require_no_fields, validated


@extend_schema(tags=["Accounts"])
class VerifyEmail(PublicView):
    serializer_class = EmailLinkSerializer
    refusals = {"POST": [403, 409]}

    @extend_schema(
        summary="Confirm an e-mail address",
        description=(
            "Takes the `token` of the link in a mail, which works for three days, without signing in. For a "
            "registration that waits for it this makes the account, and the password that was registered signs in."
        ),
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        email_links.open_link(**fields, address=rates.client_address(request._request), now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class StopChange(PublicView):
    serializer_class = StopChangeSerializer
    refusals = {"POST": [409]}

    @extend_schema(
        summary="Take a change of your e-mail address back",
        description=(
            "Takes the `token` of the link in the mail to the address of before, within three days, without signing "
            "in. The account keeps that address, or gets it back; its password stops working, every login ends, and a "
            "mail lets its owner set a new password."
        ),
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        email_links.stop_change(**fields, address=rates.client_address(request._request), now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class SendVerification(GenericAPIView[Any]):
    refusals = {"POST": [409]}

    @extend_schema(
        summary="Get the mail with the link again",
        description="Sends a new link to `pending_email`, else to `email`. 409 where that is verified already.",
        request=None,
        responses={202: None},
    )
    def post(self, request: SignedInRequest) -> Response:
        require_no_fields(request)
        address = rates.client_address(request._request)
        email_verification.send_again(user=request.user, address=address, now=timezone.now())
        return Response(status=202)
