"""The directory of users, and avatars."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from albumen import delivery
from albumen.accounts import access
from albumen.accounts.authentication import SignedInRequest
from albumen.accounts.filters import UserQuery
from albumen.accounts.serializers.requests import AvatarSerializer, UserChangeSerializer
from albumen.accounts.serializers.shapes import OrganizationUsersSerializer, UserSerializer
from albumen.accounts.services import avatars, profiles
from albumen.organizations.filters import OrganizationQuery
from albumen.strict import require_no_fields, validated
from albumen.uploads.views import AcceptsUploads

IMAGE = {(200, "image/webp"): OpenApiTypes.BINARY, 304: None}


@extend_schema(tags=["Users"])
class Users(GenericAPIView[Any]):
    serializer_class = UserSerializer
    query_class = UserQuery
    ordering_fields = ("id", "first_name", "last_name", "date_joined")
    ordering = "id"

    @extend_schema(
        summary="List the users", description="Each user with their organizations, as far as you may see them."
    )
    def get(self, request: SignedInRequest) -> Response:
        page = self.paginate_queryset(access.users_listed_for(request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["Organizations"])
class OrganizationUsers(GenericAPIView[Any]):
    serializer_class = OrganizationUsersSerializer
    query_class = OrganizationQuery
    ordering_fields = ("id", "name", "created_at")
    ordering = "id"

    @extend_schema(
        summary="List the organizations with their users",
        description=f"The first {access.USERS_SHOWN} of each; `users_truncated` says where there are more.",
    )
    def get(self, request: SignedInRequest) -> Response:
        page = self.paginate_queryset(access.organizations_with_users(request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["Users"])
class OneUser(GenericAPIView[Any]):
    serializer_class = UserChangeSerializer
    refusals = {"PATCH": [409]}

    @extend_schema(
        summary="Read a user",
        description="Contact fields for those to whom the user shows them, plan and usage for administrators.",
        responses=UserSerializer,
    )
    def get(self, request: SignedInRequest, user_id: int) -> Response:
        user = access.get_user(request.user, user_id)
        return Response(UserSerializer(user, context={"request": request}).data)

    @extend_schema(
        summary="Change a user",
        description="Administrators only. `is_active: false` ends every login of the user.",
        responses=UserSerializer,
    )
    def patch(self, request: SignedInRequest, user_id: int) -> Response:
        user = access.get_editable_user(request.user, user_id)
        # Partial: a box that a form does not send is not a box that was unticked.
        fields = validated(self.get_serializer(data=request.data, partial=True))
        user = profiles.update_user(actor=request.user, user=user, **fields, now=timezone.now())
        return Response(UserSerializer(user, context={"request": request}).data)


@extend_schema(tags=["Accounts"])
class Avatar(AcceptsUploads):
    serializer_class = AvatarSerializer
    refusals = {"GET": [404, 503], "PUT": [507]}

    @extend_schema(
        summary="Read your avatar", description="The image itself; 404 where you have none.", responses=IMAGE
    )
    def get(self, request: SignedInRequest) -> HttpResponseBase:
        return _avatar(request, request.user)

    @extend_schema(
        summary="Set your avatar",
        description=(
            "Send a form with a file `avatar`, or `application/json` with base64 or a data URL. The image is shrunk "
            "to fit 200 x 200 px and renamed, and its metadata is removed."
        ),
        request={"multipart/form-data": AvatarSerializer},
        responses=UserSerializer,
    )
    def put(self, request: SignedInRequest) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        avatars.set_avatar(user=request.user, upload=fields["avatar"])
        return Response(UserSerializer(request.user, context={"request": request}).data)

    @extend_schema(summary="Delete your avatar", description="It is no error to have none.", responses={204: None})
    def delete(self, request: SignedInRequest) -> Response:
        require_no_fields(request)
        avatars.set_avatar(user=request.user, upload=None)
        return Response(status=204)


@extend_schema(tags=["Users"])
class UserAvatar(GenericAPIView[Any]):
    refusals = {"GET": [503]}

    @extend_schema(
        summary="Read a user's avatar",
        description="The image itself, for everybody who is signed in; 404 where there is none.",
        responses=IMAGE,
    )
    def get(self, request: SignedInRequest, user_id: int) -> HttpResponseBase:
        return _avatar(request, access.get_user(request.user, user_id))


@extend_schema(tags=["Delivery"])
class SignedAvatar(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    refusals = {"GET": [403, 404, 503]}

    @extend_schema(
        summary="Read an avatar by its signed URL",
        description=(
            "The URL in a user's `avatar`. 403 when the signature is forged, has expired, or ended with the "
            "viewer's logins; 404 when the avatar was changed or removed, or the user is gone."
        ),
        responses=IMAGE,
    )
    def get(
        self, request: Request, user_id: int, avatar: str, viewer_id: int, expires: int, mac: str
    ) -> HttpResponseBase:
        user = access.user_for_avatar(
            user_id=user_id, avatar=avatar, viewer_id=viewer_id, expires=expires, mac=mac, now=timezone.now()
        )
        return _avatar(request, user)

    head = get


def _avatar(request: Request, user: Any) -> HttpResponseBase:
    name = avatars.get_avatar(user)
    return delivery.send(
        request._request,
        name,
        media_type="image/webp",
        etag=user.avatar,
        filename=f"{user.avatar}.webp",
        cache_control="private, max-age=300",
    )
