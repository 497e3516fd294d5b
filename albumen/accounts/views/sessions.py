"""Sign in, refresh, sign out, and list sessions."""

from typing import Any

from django.contrib.auth import logout as end_cookie
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from albumen import rates
from albumen.accounts import access
from albumen.accounts.authentication import SignedInRequest, forget_ended_cookie, place_of, remember_device
from albumen.accounts.serializers.requests import LoginSerializer, RefreshSerializer, ResetSerializer
from albumen.accounts.serializers.shapes import LoginAnswerSerializer, SessionSerializer, TokensSerializer
from albumen.accounts.services import sessions
from albumen.accounts.services.tokens import TokenPair
from albumen.strict import require_no_fields, validated


class PublicView(GenericAPIView[Any]):
    """A view that reads credentials from the body alone."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def login_response(request: Request, session: Any, pair: TokenPair, *, status: int = 200) -> Response:
    """Return the response that gives somebody who has just signed in the tokens, and their own record."""
    context = {"request": request, "viewer": session.user}
    answer = {"access": pair.access, "refresh": pair.refresh, "user": session.user}
    return Response(LoginAnswerSerializer(answer, context=context).data, status=status)


@extend_schema(tags=["Accounts"])
class Login(PublicView):
    serializer_class = LoginSerializer
    refusals = {"POST": [401]}

    @extend_schema(
        summary="Sign in",
        description=(
            "The same 401 for an unknown e-mail, a wrong password and an inactive user. After too many attempts, from "
            "a place where you have not signed in before, also send the `code` that `POST /api/login/code/` mails."
        ),
        responses=LoginAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        place = place_of(request._request, code=fields.pop("code", ""))
        session, pair = sessions.log_in(**fields, place=place, now=timezone.now())
        self.signed_in(request, session)
        return login_response(request, session, pair)

    def signed_in(self, request: Request, session: Any) -> None:
        """Have the response set the device cookie. A subclass may set the cookie of the session as well."""
        remember_device(request._request, session.user)


@extend_schema(tags=["Accounts"])
class LoginCode(PublicView):
    serializer_class = ResetSerializer

    @extend_schema(
        summary="Ask for a code to sign in from a new place",
        description=(
            "Always 202. If there is such a user, a mail brings a code for the next hour. Send it as `code` "
            "beside e-mail and password, when others have made too many attempts on your account."
        ),
        responses={202: None},
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        sessions.request_code(**fields, address=rates.client_address(request._request), now=timezone.now())
        return Response(status=202)


@extend_schema(tags=["Accounts"])
class Refresh(PublicView):
    serializer_class = RefreshSerializer
    refusals = {"POST": [401]}

    @extend_schema(
        summary="Get new tokens",
        description=(
            "The refresh token works once. A repeat within 10 s gets the same response; a later one means that "
            "somebody else has the token, and ends the session."
        ),
        responses=TokensSerializer,
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        pair = sessions.refresh_login(**fields, now=timezone.now())
        return Response({"access": pair.access, "refresh": pair.refresh})


@extend_schema(tags=["Accounts"])
class Logout(PublicView):
    serializer_class = RefreshSerializer
    refusals = {"POST": [401]}

    @extend_schema(
        summary="Sign out", description="Ends this session, its access token included.", responses={204: None}
    )
    def post(self, request: Request) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        sessions.log_out(**fields, now=timezone.now())
        forget_ended_cookie(request._request)
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class LogoutAll(GenericAPIView[Any]):
    @extend_schema(
        summary="Sign out everywhere",
        description="Ends all your sessions, this one included.",
        request=None,
        responses={204: None},
    )
    def post(self, request: SignedInRequest) -> Response:
        require_no_fields(request)
        sessions.end_all_sessions(user=request.user, now=timezone.now())
        end_cookie(request._request)
        return Response(status=204)


@extend_schema(tags=["Accounts"])
class Sessions(GenericAPIView[Any]):
    serializer_class = SessionSerializer
    ordering_fields = ("created_at", "last_used_at")
    ordering = "-last_used_at"

    @extend_schema(
        summary="List your sessions", description="Each session with its client, and when it was last used."
    )
    def get(self, request: SignedInRequest) -> Response:
        page = self.paginate_queryset(access.sessions_of(request.user, timezone.now()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["Accounts"])
class OneSession(GenericAPIView[Any]):
    @extend_schema(
        summary="End one of your sessions", description="Its tokens stop working at once.", responses={204: None}
    )
    def delete(self, request: SignedInRequest, session_id: int) -> Response:
        require_no_fields(request)
        sessions.end_own_session(actor=request.user, session_id=session_id, now=timezone.now())
        return Response(status=204)
