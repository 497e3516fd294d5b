"""Legacy URLs: views of the API under other URLs and field names, for clients written against other specifications."""

from typing import Any

from django.contrib.auth import logout as clear_session_cookie
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.accounts import access as people
from albumen.accounts.authentication import SignedInRequest, forget_ended_cookie, set_session_cookie
from albumen.accounts.serializers.requests import (
    ConfirmedPasswordSerializer,
    LoginSerializer,
    RegisterSerializer,
    password_field,
)
from albumen.accounts.serializers.shapes import LoginAnswerSerializer, UserSerializer
from albumen.accounts.services import sessions as logins
from albumen.accounts.views import profiles, sessions, users
from albumen.errors import Invalid
from albumen.idempotency.views import creates_once
from albumen.library import access
from albumen.library.filters import AlbumPictureQuery
from albumen.library.serializers.requests import UploadSerializer
from albumen.library.serializers.shapes import UploadedSerializer
from albumen.library.views import pictures
from albumen.strict import StrictSerializer, validated
from albumen.viewers import require_administrator

alias = extend_schema(tags=["Aliases"])
UPLOAD = {"multipart/form-data": UploadSerializer}


class IgnoresUnknownFields:
    """A view that ignores unknown fields, which clients of other services send."""

    passes_over_unknown_fields = True


class EmailByAnyName(StrictSerializer):
    """A body whose e-mail may also be called `login` or `username`."""

    def to_internal_value(self, data: Any) -> Any:
        other = next((name for name in ("login", "username") if name in data and "email" not in data), None)
        if other is not None:
            data = MultiValueDict(data) if isinstance(data, MultiValueDict) else dict(data)
            data["email"] = data[other]
        return super().to_internal_value(data)


class AliasRegisterSerializer(EmailByAnyName, RegisterSerializer):
    pass


class AliasLoginSerializer(EmailByAnyName, LoginSerializer):
    pass


class DoneSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField()


@alias
class Register(IgnoresUnknownFields, profiles.Register):
    serializer_class = AliasRegisterSerializer


@alias
class Login(IgnoresUnknownFields, sessions.Login):
    serializer_class = AliasLoginSerializer

    @extend_schema(
        summary="Log in",
        description=(
            "The e-mail may be called `login` or `username`. The response also sets a cookie of the same session, "
            "unless a page of another site sent the request."
        ),
        responses=LoginAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        return super().post(request)

    def signed_in(self, request: Request, session: Any) -> None:
        set_session_cookie(request._request, session)


@alias
class Profile(IgnoresUnknownFields, profiles.Profile):
    http_method_names = ("get", "put", "patch", "head", "options")


class AliasLogoutSerializer(StrictSerializer):
    revoke_token = serializers.BooleanField(default=False, help_text="Also end every other session of the user.")
    refresh = serializers.CharField(
        required=False, max_length=4000, help_text="The refresh token, as for `POST /api/logout/`."
    )


@alias
class Logout(IgnoresUnknownFields, GenericAPIView[Any]):
    serializer_class = AliasLogoutSerializer
    permission_classes = (AllowAny,)
    refusals = {"POST": [401]}

    @extend_schema(
        summary="Log out",
        description=(
            "Ends the session of the token or cookie that is sent. With `refresh` it works as `POST /api/logout/`, "
            "without being logged in, and returns 204."
        ),
        responses={200: DoneSerializer, 204: None},
    )
    def post(self, request: SignedInRequest) -> Response:
        asked, now = validated(self.get_serializer(data=request.data)), timezone.now()
        if "refresh" in asked:
            logins.log_out(refresh=asked["refresh"], now=now)
            forget_ended_cookie(request._request)
            return Response(status=204)
        if not request.user.is_authenticated:
            raise NotAuthenticated
        logins.log_out_of(session=request.auth, everywhere=asked["revoke_token"], now=now)
        clear_session_cookie(request._request)
        return Response({"detail": "Logout successful"})


class AliasPasswordSerializer(ConfirmedPasswordSerializer):
    old_password = password_field(source="current_password")
    password = password_field(source="new_password")
    confirmed = "new_password"


@alias
class Password(IgnoresUnknownFields, profiles.Password):
    serializer_class = AliasPasswordSerializer
    # Errors name the fields of the API; these are their names here.
    pointers = {"/current_password": "/old_password", "/new_password": "/password"}

    @extend_schema(
        summary="Change your password", description="Ends every other session.", responses={200: DoneSerializer}
    )
    def post(self, request: SignedInRequest) -> Response:
        try:
            super().post(request)
        except Invalid as refusal:
            refusal.pointer = self.pointers.get(refusal.pointer or "", refusal.pointer)
            raise
        return Response({"detail": "Password changed successfully"})


@alias
class Users(users.Users):
    pass


@alias
class OneUser(IgnoresUnknownFields, users.OneUser):
    pass


@alias
class Me(profiles.Profile):
    http_method_names = ("get", "head", "options")

    @extend_schema(
        summary="Read your own record", description="Works as `GET /api/profile/`.", responses=UserSerializer
    )
    def get(self, request: SignedInRequest) -> Response:
        return super().get(request)


@alias
class UserImages(IgnoresUnknownFields, pictures.UploadView):
    query_class = AlbumPictureQuery
    ordering_fields = pictures.ORDERINGS
    ordering = "-created_at"
    refusals = {"POST": [507]}

    @extend_schema(summary="List a user's pictures", description="Only pictures that you may see.")
    def get(self, request: SignedInRequest, user_id: int) -> Response:
        user = people.get_user(request.user, user_id)
        page = self.paginate_queryset(access.pictures_of(request.user, user.pk))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Upload or link a picture",
        description="Works as `POST /api/pictures/`, for yourself; administrators upload for any user.",
        request=UPLOAD,
        responses={201: UploadedSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: SignedInRequest, user_id: int) -> Response:
        user = people.get_user(request.user, user_id)
        people.require_self(request.user, user.pk)
        return self.upload(request, owner=user)


@alias
class UserImage(IgnoresUnknownFields, pictures.OnePicture):
    """A picture whose owner must be the user in the URL."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.owner_id = kwargs.pop("user_id")
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        access.require_owned_by(request.user, kwargs["picture_id"], self.owner_id)


@alias
class Images(pictures.Pictures):
    query_class = AlbumPictureQuery
    ordering_fields = pictures.ORDERINGS
    http_method_names = ("get", "head", "delete", "options")

    @extend_schema(operation_id="alias_images_list", summary="List every picture", description="Administrators only.")
    def get(self, request: SignedInRequest) -> Response:
        require_administrator(request.user)
        return super().get(request)

    def listed(self, request: SignedInRequest) -> Any:
        return access.pictures_visible_to(request.user)

    @extend_schema(
        operation_id="alias_images_destroy_all",
        summary="Delete every picture",
        description="Works as `DELETE /api/pictures/`.",
        responses={204: None},
    )
    def delete(self, request: SignedInRequest) -> Response:
        return super().delete(request)


class UploadedSizesSerializer(serializers.Serializer[Any]):
    images = serializers.ListField(
        child=serializers.DictField(),
        help_text="Objects with `size`, such as `200px` or `original`, and `image`, its URL.",
    )
    link = serializers.DictField(
        allow_null=True, help_text="An object with `expiring_link`, its URL; null if no time was sent."
    )


@alias
class ImagesUpload(IgnoresUnknownFields, pictures.UploadView):
    refusals = {"POST": [507]}

    @extend_schema(
        summary="Upload a picture",
        description="Works as `POST /api/pictures/`, but the response has only URLs.",
        request=UPLOAD,
        responses={201: UploadedSizesSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: SignedInRequest) -> Response:
        shape = self.upload(request).data
        images = [
            {"size": f"{thumbnail['plan_height']}px", "image": thumbnail["url"]} for thumbnail in shape["thumbnails"]
        ]
        if shape["original"]:
            images.append({"size": "original", "image": shape["original"]})
        link = shape.get("expiring_link")
        return Response({"images": images, "link": link and {"expiring_link": link["url"]}}, status=201)


urlpatterns = [
    path("accounts/register/", Register.as_view(), name="alias-register"),
    path("accounts/login/", Login.as_view(), name="alias-login"),
    path("accounts/profile/", Profile.as_view(), name="alias-profile"),
    path("accounts/logout/", Logout.as_view(), name="alias-logout"),
    path("accounts/change-password/", Password.as_view(), name="alias-change-password"),
    path("users/", Users.as_view(), name="alias-users"),
    path("users/me/", Me.as_view(), name="alias-me"),
    path("users/<id:user_id>/", OneUser.as_view(), name="alias-user"),
    path("users/<id:user_id>/images/", UserImages.as_view(), name="alias-user-images"),
    path("users/<id:user_id>/images/<id:picture_id>/", UserImage.as_view(), name="alias-user-image"),
    path("images/", Images.as_view(), name="alias-images"),
    path("api/v1/images_upload/", ImagesUpload.as_view(), name="alias-images-upload"),
]
