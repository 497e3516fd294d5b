"""Register, and your own record: names, password, deletion."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen import rates
from albumen.accounts.authentication import CookieAuthentication, SignedInRequest, remember_device
from albumen.accounts.serializers.requests import (
    ConfirmedPasswordSerializer,
    DeletionSerializer,
    DisownSerializer,
    PasswordSerializer,
    ProfileSerializer,
    RegisterSerializer,
    ResetConfirmSerializer,
    ResetSerializer,
)
from albumen.accounts.serializers.shapes import RegisteredSerializer, UserSerializer
from albumen.accounts.services import passwords, profiles, signup
from albumen.accounts.views.sessions import PublicView
from albumen.idempotency.views import creates_once
from albumen.strict import validated
from albumen.uploads.views import AcceptsUploads


@extend_schema(tags=["Accounts"])
class Register(AcceptsUploads, PublicView):
    serializer_class = RegisterSerializer
    refusals = {"POST": [403, 507]}

    @extend_schema(
        summary="Register",
        description=(
            "Makes an account with the default plan. The e-mail is unique, whatever its case. As a form, "
            "`multipart/form-data`, it takes `avatar` as a file.\n\nWhere addresses are verified first, the answer is "
            "a 202, the same for every address, and a mail says what is so: its link makes the account, or there is "
            "one already. Where one may not register: 403."
        ),
        responses={201: UserSerializer, 202: RegisteredSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        address = rates.client_address(request._request)
        user = signup.register(**fields, address=address, now=timezone.now())
        if user is None:
            return Response({"detail": _("A mail is on its way to this address: open the link in it.")}, status=202)
        shape = UserSerializer(user, context={"request": request, "viewer": user})
        return Response(shape.data, status=201)


@extend_schema(tags=["Accounts"])
class Profile(AcceptsUploads):
    serializer_class = ProfileSerializer
    delete_takes_body = True
    refusals = {"PUT": [409, 507], "PATCH": [409, 507], "DELETE": [400, 409, 413, 415]}

    @extend_schema(
        summary="Read your own record",
        description="With plan, usage and contact fields, which others may not see.",
        responses=UserSerializer,
    )
    def get(self, request: SignedInRequest) -> Response:
        return Response(UserSerializer(request.user, context={"request": request}).data)

    @extend_schema(
        summary="Change your own record",
        description="Works as PATCH does: absent fields stay, and another `email` needs `password`.",
        responses=UserSerializer,
    )
    def put(self, request: SignedInRequest) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        address = rates.client_address(request._request)
        user = profiles.update_profile(user=request.user, **fields, address=address, now=timezone.now())
        return Response(UserSerializer(user, context={"request": request}).data)

    @extend_schema(
        summary="Change part of your own record",
        description=(
            "Absent fields stay. Another `email` needs `password` and is yours once the link in the mail to it is "
            "opened; until then it is `pending_email`. Your present `email` with `password` stops the waiting. As a "
            "form, `multipart/form-data`, it takes `avatar` as a file."
        ),
        responses=UserSerializer,
    )
    def patch(self, request: SignedInRequest) -> Response:
        return self.put(request)

    @extend_schema(
        summary="Delete your account",
        description="Removes the account with everything that belongs to it. There is no way back.",
        request=DeletionSerializer,
        responses={204: None},
    )
    def delete(self, request: SignedInRequest) -> Response:
        fields = validated(DeletionSerializer(data=request.data))
        address = rates.client_address(request._request)
        profiles.delete_user(user=request.user, **fields, address=address, now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class Password(GenericAPIView[Any]):
    serializer_class: type[ConfirmedPasswordSerializer] = PasswordSerializer

    @extend_schema(summary="Change your password", description="Ends every other session.", responses={204: None})
    def post(self, request: SignedInRequest) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        passwords.change_password(
            user=request.user,
            **fields,
            address=rates.client_address(request._request),
            now=timezone.now(),
            keep=request.auth,
        )
        if isinstance(request.successful_authenticator, CookieAuthentication):
            update_session_auth_hash(request._request, request.user)
        remember_device(request._request, request.user)
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class PasswordReset(PublicView):
    serializer_class = ResetSerializer

    @extend_schema(
        summary="Ask for a password reset",
        description="Always 202. An e-mail is sent if there is such a user.",
        responses={202: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        passwords.request_reset(**fields, address=rates.client_address(request._request), now=timezone.now())
        return Response(status=202)


@extend_schema(tags=["Accounts"])
class DisownSession(PublicView):
    serializer_class = DisownSerializer

    @extend_schema(
        summary="End a session that was not yours",
        description="With the `token` of the mail about it, within a week. Another mail lets you set a new password.",
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        address = rates.client_address(request._request)
        passwords.disown_session(**fields, address=address, now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class PasswordResetConfirm(PublicView):
    serializer_class = ResetConfirmSerializer

    @extend_schema(
        summary="Set a new password with the token from the e-mail",
        description="Ends every session of the user. `uid` and `token` work once, for an hour.",
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        passwords.reset_password(**fields, now=timezone.now())
        return Response(status=204)
