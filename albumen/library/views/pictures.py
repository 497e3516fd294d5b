"""Pictures and the trash."""

from typing import TYPE_CHECKING, Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from albumen.accounts.authentication import SignedInRequest
from albumen.idempotency.views import creates_once
from albumen.library import access
from albumen.library.filters import AlbumPictureQuery, PictureQuery
from albumen.library.serializers.requests import PictureChangeSerializer, RestoreAllSerializer, UploadSerializer
from albumen.library.serializers.shapes import (
    LinkSerializer,
    PictureSerializer,
    RestoredSerializer,
    TrashedSerializer,
    UploadedSerializer,
)
from albumen.library.services import linked, pictures, trash
from albumen.plans.access import largest_upload
from albumen.querying import asks_filter
from albumen.strict import require_no_fields, validated
from albumen.uploads.views import AcceptsUploads

if TYPE_CHECKING:
    from albumen.accounts.models import User

ALSO_JSON = (
    "The same fields may come as `application/json`, with the picture as base64 or a data URL: "
    '`{"image": "iVBORw0KGgo...", "name": "Dot.png"}`.'
)
ORDERINGS = ("id", "name", "created_at", "updated_at", "taken_at", "bytes", "width", "height")


class PublicToRead(APIView):
    """A view that anybody may read, signed in or not, as far as `access` allows."""

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny()] if self.request.method in SAFE_METHODS else [IsAuthenticated()]


class UploadView(AcceptsUploads):
    """A view that takes a picture, of at most the size in the caller's plan."""

    serializer_class = PictureSerializer

    def upload_limit(self) -> int:
        return largest_upload()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            # Set once the user is known and before the body is read, so that a refused client need not send the rest.
            self.limit_upload(request, cast("User", request.user).plan.max_upload_bytes)

    def upload(self, request: SignedInRequest, *, album: int | None = None, owner: "User | None" = None) -> Response:
        """Keep the picture that the request brings, for the caller unless an `owner` is given, in the album whose id
        is given here or in the body."""
        serializer = UploadSerializer(data=request.data, context={**self.get_serializer_context(), "album": album})
        fields = {"album": album, **validated(serializer)}
        fields |= {"actor": request.user, "owner": owner or request.user, "now": timezone.now()}
        link = None
        if "image_url" in fields:
            picture = linked.link_picture(**fields)
        else:
            picture, link = pictures.upload_picture(upload=fields.pop("image"), **fields)
        albums = [fields["album"]] if fields["album"] else []
        shape = PictureSerializer(picture, context={"request": request, "albums": albums}).data
        if link is not None:
            shape["expiring_link"] = LinkSerializer(link, context={"request": request}).data
        return Response(shape, status=201)


@extend_schema(tags=["Pictures"])
class Pictures(UploadView):
    query_class: type[AlbumPictureQuery] = PictureQuery
    ordering_fields: tuple[str, ...] = ("position", *ORDERINGS)
    ordering = "-created_at"
    refusals = {"POST": [507], "GET": [403]}

    @extend_schema(
        summary="List pictures",
        description=(
            "Your own, without those in the trash. Administrators list everybody's with `scope=all`. With `album`, "
            "those in it, in its order (`position`) unless `ordering` is given."
        ),
    )
    def get(self, request: SignedInRequest) -> Response:
        if "album" in request.query_params:
            self.ordering = "position"
        else:
            self.ordering_fields = ORDERINGS
        page = self.paginate_queryset(self.listed(request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def listed(self, request: SignedInRequest) -> Any:
        # Filters choose from all that the viewer may see.
        if asks_filter(self.query_class, request.query_params):
            return access.pictures_visible_to(request.user)
        return access.own_pictures(request.user)

    @extend_schema(
        summary="Upload a picture",
        description=(
            "A form with a file `image`. 201 means that the bytes were decoded whole, that they are on durable "
            "storage, and that every link in the answer works. Or with `image_url`: a linked picture, whose bytes "
            f"stay where they are; it has no thumbnails. {ALSO_JSON}"
        ),
        request={"multipart/form-data": UploadSerializer},
        responses={201: UploadedSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: SignedInRequest) -> Response:
        return self.upload(request)

    @extend_schema(
        operation_id="pictures_destroy_all",
        summary="Delete every picture",
        description="Administrators only. Moves all pictures to the trash; `POST /api/trash/restore/` restores them.",
        responses={204: None},
    )
    def delete(self, request: SignedInRequest) -> Response:
        require_no_fields(request)
        trash.delete_every_picture(actor=request.user, now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Pictures"])
class OnePicture(PublicToRead, GenericAPIView[Any]):
    serializer_class = PictureChangeSerializer

    @extend_schema(
        summary="Read a picture",
        description="Anybody may read a picture in a public album, signed in or not. Its URLs are signed for you.",
        responses=PictureSerializer,
    )
    def get(self, request: Request, picture_id: int) -> Response:
        picture, plan = access.get_picture_row(request.user, picture_id)
        return Response(PictureSerializer(picture, context={"request": request, "plan": plan}).data)

    @extend_schema(
        summary="Rename or describe a picture",
        description="For its owner and administrators. The `image_url` of a linked picture is checked again.",
        responses=PictureSerializer,
    )
    def patch(self, request: SignedInRequest, picture_id: int) -> Response:
        # First, so that a hidden picture is 404 also with a body that is wrong.
        picture = access.get_editable_picture(request.user, picture_id)
        fields = validated(self.get_serializer(picture, data=request.data))
        picture = pictures.change_picture(actor=request.user, picture_id=picture_id, **fields, now=timezone.now())
        return Response(PictureSerializer(picture, context={"request": request}).data)

    @extend_schema(
        summary="Delete a picture",
        description="Moves it to the trash for 30 days. Every link to it ends at once.",
        responses={204: None},
    )
    def delete(self, request: SignedInRequest, picture_id: int) -> Response:
        require_no_fields(request)
        trash.delete_picture(actor=request.user, picture_id=picture_id, now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Pictures"])
class Trash(GenericAPIView[Any]):
    serializer_class = TrashedSerializer
    query_class = AlbumPictureQuery
    ordering_fields = ("deleted_at", "name", "created_at")
    ordering = "-deleted_at"

    @extend_schema(
        summary="List the trash",
        description="Pictures are kept there for 30 days. Their URLs work again after a restore.",
    )
    def get(self, request: SignedInRequest) -> Response:
        listed: Any = access.listed_trash(request.user)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["Pictures"])
class Restore(APIView):
    @extend_schema(
        summary="Take a picture out of the trash",
        description="It is back at its place in its albums, and its URLs work again.",
        request=None,
        responses=PictureSerializer,
    )
    def post(self, request: SignedInRequest, picture_id: int) -> Response:
        require_no_fields(request)
        picture = trash.restore_picture(actor=request.user, picture_id=picture_id, now=timezone.now())
        return Response(PictureSerializer(picture, context={"request": request}).data)


@extend_schema(tags=["Pictures"])
class RestoreAll(GenericAPIView[Any]):
    serializer_class = RestoreAllSerializer

    @extend_schema(
        summary="Take everything out of the trash",
        description=(
            "Your own pictures; with `scope: all`, for administrators, those that the last deletion of every picture "
            "put there."
        ),
        responses=RestoredSerializer,
    )
    def post(self, request: SignedInRequest) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        restored = trash.restore_pictures(actor=request.user, **fields, now=timezone.now())
        return Response({"restored": restored})


@extend_schema(tags=["Pictures"])
class Trashed(APIView):
    @extend_schema(summary="Delete a picture for good", description="This cannot be undone.", responses={204: None})
    def delete(self, request: SignedInRequest, picture_id: int) -> Response:
        require_no_fields(request)
        trash.purge_picture(actor=request.user, picture_id=picture_id, now=timezone.now())
        return Response(status=204)
