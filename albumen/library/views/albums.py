"""Albums, and the pictures in them."""

from typing import Any

from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.accounts.authentication import SignedInRequest
from albumen.errors import Invalid
from albumen.idempotency.views import creates_once
from albumen.library import access
from albumen.library.filters import AlbumPictureQuery, AlbumQuery
from albumen.library.serializers.requests import (
    AddedSerializer,
    AlbumChangeSerializer,
    MoveSerializer,
    UploadOrAddSerializer,
)
from albumen.library.serializers.shapes import AlbumSerializer, PictureSerializer, UploadedSerializer
from albumen.library.services import album_contents, albums
from albumen.library.views.pictures import ALSO_JSON, ORDERINGS, PublicToRead, UploadView
from albumen.strict import require_no_fields, validated


@extend_schema(tags=["Albums"])
class Albums(GenericAPIView[Any]):
    serializer_class = AlbumSerializer
    query_class = AlbumQuery
    ordering_fields = ("id", "name", "created_at", "updated_at", "picture_count")
    ordering = "-created_at"

    @extend_schema(summary="List albums", description="Your own albums, and those of your organizations.")
    def get(self, request: SignedInRequest) -> Response:
        listed: Any = access.listed_albums(request.user)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Make an album",
        description="It is yours, and private unless `visibility` says otherwise.",
        responses={201: AlbumSerializer},
    )
    @creates_once
    def post(self, request: SignedInRequest) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        album = albums.create_album(actor=request.user, **fields, now=timezone.now())
        return Response(self.get_serializer(album).data, status=201)


@extend_schema(tags=["Albums"])
class OneAlbum(PublicToRead, GenericAPIView[Any]):
    serializer_class = AlbumChangeSerializer
    refusals = {"DELETE": [400]}

    @extend_schema(
        summary="Read an album",
        description="Anybody may read a public album, signed in or not.",
        responses=AlbumSerializer,
    )
    def get(self, request: Request, album_id: int) -> Response:
        return Response(self.get_serializer(access.get_album_row(request.user, album_id)).data)

    @extend_schema(
        summary="Change an album",
        description=(
            "For its owner, in an organization while being an owner or editor there; the `cover` also for those who "
            "may change its pictures. An organization's owners may take an album out of it, with "
            '`{"organization": null}`: it is private then. Or they take it over, with their own id as `owner`. An '
            "album that leaves its organization, because somebody takes it out, moves it to another one or makes it "
            "private, keeps its owner's pictures alone, which `picture_count` then has; those of others stay theirs."
        ),
        responses=AlbumSerializer,
    )
    def patch(self, request: SignedInRequest, album_id: int) -> Response:
        fields = validated(self.get_serializer(data=request.data, partial=True))
        album = albums.change_album(actor=request.user, album_id=album_id, **fields, now=timezone.now())
        return Response(self.get_serializer(album).data)

    @extend_schema(
        summary="Delete an album",
        description=(
            "For its owner, and for the owners of its organization. Its pictures stay, unless its owner says "
            "`pictures=delete`, which puts the owner's pictures into the trash."
        ),
        parameters=[OpenApiParameter("pictures", {"type": "string", "enum": ["keep", "delete"], "default": "keep"})],
        responses={204: None},
    )
    def delete(self, request: SignedInRequest, album_id: int) -> Response:
        require_no_fields(request)
        fate = request.query_params.get("pictures", "keep")
        albums.delete_album(actor=request.user, album_id=album_id, pictures=fate, now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["Albums"])
class AlbumPictures(PublicToRead, UploadView):
    query_class = AlbumPictureQuery
    ordering_fields = ("position", *ORDERINGS)
    ordering = "position"
    refusals = {"POST": [507]}

    @extend_schema(
        summary="List an album's pictures",
        description="In the album's order, unless `ordering` is given. Anybody may list a public album.",
        responses=PictureSerializer(many=True),
    )
    def get(self, request: Request, album_id: int) -> Response:
        listed: Any = access.listed_in_album(request.user, album_id)
        page = self.paginate_queryset(listed)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="Upload into an album, or add pictures",
        description=(
            "An upload as for `POST /api/pictures/`, which returns 201 with the picture; or `pictures`, ids of your "
            "own pictures to append, which returns 200 with the album. An `album` in the body can only be "
            f'this one. {ALSO_JSON} Or `{{"pictures": [7, 8]}}`.'
        ),
        request={"multipart/form-data": UploadOrAddSerializer},
        responses={200: AlbumSerializer, 201: UploadedSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: SignedInRequest, album_id: int) -> Response:
        # Before the body is read: a client that is refused need not send the rest.
        access.get_album_to_edit_contents(request.user, album_id)
        body = _filled_in(request.data)
        if "pictures" not in body:
            return self.upload(request, album=album_id)
        if "image" in body:
            raise Invalid(
                "invalid", "Send an image, or the ids of pictures that there are, not both.", pointer="/image"
            )
        fields = validated(AddedSerializer(data=body, context={"album": album_id}))
        album = album_contents.add_pictures(
            actor=request.user,
            album_id=album_id,
            picture_ids=fields["pictures"],
            now=timezone.now(),
        )
        return Response(AlbumSerializer(album, context={"request": request}).data)


def _filled_in(body: Any) -> Any:
    """Return a body without the fields that stand in a form and were left empty."""
    if not isinstance(body, MultiValueDict):
        return body
    return MultiValueDict({name: values for name, values in body.lists() if values != [""]})


@extend_schema(tags=["Albums"])
class OneAlbumPicture(GenericAPIView[Any]):
    serializer_class = MoveSerializer

    @extend_schema(
        summary="Move a picture within the album",
        description="To the place before another picture of the album, or to the end.",
        responses={204: None},
    )
    def patch(self, request: SignedInRequest, album_id: int, picture_id: int) -> Response:
        # First, so that a hidden album is 404 also with a body that is wrong.
        access.get_album_to_edit_contents(request.user, album_id)
        fields = validated(self.get_serializer(data=request.data))
        album_contents.move_picture(
            actor=request.user,
            album_id=album_id,
            picture_id=picture_id,
            **fields,
            now=timezone.now(),
        )
        return Response(status=204)

    @extend_schema(
        summary="Take a picture out of the album",
        description="The picture stays. Its owner may always do it, even where the album is hidden from them.",
        responses={204: None},
    )
    def delete(self, request: SignedInRequest, album_id: int, picture_id: int) -> Response:
        require_no_fields(request)
        album_contents.remove_picture(actor=request.user, album_id=album_id, picture_id=picture_id, now=timezone.now())
        return Response(status=204)
