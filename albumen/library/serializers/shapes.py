"""Representations of albums, pictures and expiring links."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any, cast

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from albumen import imaging
from albumen.error_codes import CODES
from albumen.fields import ChoiceField, DescriptionField, IdField, NameField
from albumen.library import access
from albumen.library.access import AlbumRow, PictureRow, PlanRow
from albumen.library.models import Album, ExpiringLink, Picture, Source, Visibility
from albumen.plans.models import Plan
from albumen.strict import StrictSerializer

_TAKEN_AT = """When the picture was taken, with milliseconds where the file has them; null where it says nothing.

The first of these that can be read: EXIF `DateTimeOriginal`, EXIF `DateTimeDigitized`, XMP `photoshop:DateCreated`,
XMP `exif:DateTimeOriginal`, IPTC `DateCreated` with `TimeCreated`. What is zero, blank or impossible is passed over.
The offset from UTC is the one within the text, or else the date's own (`OffsetTimeOriginal`, `OffsetTimeDigitized`),
or else `OffsetTime` where the file was changed when it was taken, or else what the date and time of GPS, which are in
UTC, leave as a quarter of an hour from -12:00 to +14:00. Where nothing says it, local time is shown as if it were UTC.
"""
LINK_EXAMPLE = {
    "id": 3,
    "url": "http://127.0.0.1:8000/links/3-Zm9vYmFyYmF6cXV4Zm9vYg/",
    "picture": 7,
    "height": None,
    "expires_at": "2030-01-31T12:05:00Z",
    "max_uses": None,
    "uses": 0,
    "created_at": "2030-01-31T12:00:00Z",
    "revoked_at": None,
}
PICTURE_EXAMPLE = {
    "id": 7,
    "name": "Beach.jpg",
    "description": "",
    "owner": 2,
    "albums": [],
    "source": "upload",
    "image_url": None,
    "link_problem": None,
    "width": 4000,
    "height": 3000,
    "format": "jpeg",
    "bytes": 4718592,
    "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "taken_at": "2029-08-01T10:00:00Z",
    "placeholder": "data:image/webp;base64,UklGRg==",
    "thumbnails": [
        {
            "plan_height": 200,
            "width": 267,
            "height": 200,
            "url": "http://127.0.0.1:8000/files/7/200/2/1896091200/Zm9vYmFyYmF6cXV4Zm9vYg",
        }
    ],
    "original": None,
    "created_at": "2030-01-31T12:00:00Z",
    "updated_at": "2030-01-31T12:00:00Z",
}


def picture_shape(
    row: PictureRow, *, albums: list[int], plan: PlanRow | Plan, url: Callable[[int, int | str], str]
) -> dict[str, Any]:
    """Return the representation of a picture: with the ids of these albums, the sizes in its owner's plan, and the URL
    that `url` gives for its id and a size, which is a height in px or `ORIGINAL`."""
    shape: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "owner": row.owner_id,
        "source": row.source,
        "image_url": row.image_url,
        "link_problem": row.link_problem or None,
        "width": row.width,
        "height": row.height,
        "format": row.format,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "taken_at": row.taken_at,
        "placeholder": row.placeholder,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "albums": albums,
        "thumbnails": [],
        "original": None,
    }
    if row.taken_at and row.taken_at.microsecond:
        shape["taken_at"] = row.taken_at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    if row.source == Source.LINK:
        # Its bytes are on another server, and nothing else is known of it.
        return shape | {"width": None, "height": None, "bytes": None, "sha256": None}
    shape["thumbnails"] = [
        {"plan_height": wanted, "width": width, "height": height, "url": url(row.id, wanted)}
        for wanted, width, height in _sizes(row.width, row.height, *plan.thumbnail_heights)
    ]
    if plan.original:
        shape["original"] = url(row.id, access.ORIGINAL)
    return shape


@lru_cache(maxsize=4096)
def _sizes(width: int, height: int, *heights: int) -> list[tuple[int, int, int]]:
    """Return (wanted height, width, height) of each thumbnail, in px. The results are kept, because most pictures have
    one of few sizes."""
    return [(wanted, *imaging.fit_height(width, height, wanted)) for wanted in heights]


def album_shape(album: AlbumRow | Album) -> dict[str, Any]:
    """Return the representation of an album."""
    return {
        "id": album.id,
        "name": album.name,
        "description": album.description,
        "owner": album.owner_id,
        "organization": album.organization_id,
        "visibility": album.visibility,
        "picture_count": album.picture_count,
        # A new album has no `cover` from `access`, because it has no picture yet.
        "cover": getattr(album, "cover", None),
        "created_at": album.created_at,
        "updated_at": album.updated_at,
    }


class ThumbnailSerializer(serializers.Serializer[Any]):
    plan_height = serializers.IntegerField(help_text="The height that the plan names, in px.")
    width = serializers.IntegerField(help_text="The image's width, in px.")
    height = serializers.IntegerField(help_text="The image's height, in px.")
    url = serializers.URLField(help_text="Needs no header; expires.")


@extend_schema_serializer(examples=[OpenApiExample("A link", value=LINK_EXAMPLE, response_only=True)])
class LinkSerializer(serializers.Serializer[ExpiringLink]):
    id = serializers.IntegerField()
    url = serializers.URLField(help_text="Public: anybody who has it gets the image.")
    picture = serializers.IntegerField()
    height = serializers.IntegerField(allow_null=True, help_text="In px; null for the original.")
    expires_at = serializers.DateTimeField()
    max_uses = serializers.IntegerField(allow_null=True)
    uses = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, link: ExpiringLink) -> dict[str, Any]:
        known = {"url": f"{self._base}{access.link_token(link.pk)}/", "picture": link.picture_id}
        return {name: known[name] if name in known else getattr(link, name) for name in self._declared_fields}

    @cached_property
    def _base(self) -> str:
        url: str = self.context["request"].build_absolute_uri(reverse("link-target", kwargs={"token": "-"}))
        return url.removesuffix("-/")


@extend_schema_serializer(examples=[OpenApiExample("A picture", value=PICTURE_EXAMPLE, response_only=True)])
class PictureSerializer(serializers.Serializer[Any]):
    """A picture with URLs that are signed for this viewer."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.IntegerField()
    albums = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Ids of the albums that it is in: for its owner all, for others those that they may see.",
    )
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # a field's own property
    image_url = serializers.URLField(allow_null=True)
    link_problem = serializers.CharField(
        allow_null=True, help_text="Why `image_url` gave no image when it was last checked; null if it did."
    )
    width = serializers.IntegerField(allow_null=True, help_text="Upright, in px; null for a linked picture.")
    height = serializers.IntegerField(allow_null=True, help_text="Upright, in px; null for a linked picture.")
    format = serializers.ChoiceField(list(imaging.MEDIA_TYPES))
    bytes = serializers.IntegerField(allow_null=True, help_text="Null for a linked picture.")
    sha256 = serializers.CharField(allow_null=True, help_text="Null for a linked picture.")
    taken_at = serializers.DateTimeField(allow_null=True, help_text=_TAKEN_AT)
    placeholder = serializers.CharField(help_text="A tiny image as a data URL, to show while the thumbnail loads.")
    thumbnails = ThumbnailSerializer(many=True)
    original = serializers.URLField(
        allow_null=True,
        help_text="Null if the owner's plan has no originals. The owner gets the file byte for byte, others a copy "
        "without private metadata. It has all frames of a GIF, WebP or PNG, and the pages of a TIFF without smaller "
        "copies and masks.",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, picture: Picture | PictureRow) -> dict[str, Any]:
        row = picture if isinstance(picture, PictureRow) else PictureRow.of(picture)
        return picture_shape(row, albums=self._albums.get(row.id, []), plan=self._plans[row.owner_id], url=self._url)

    @cached_property
    def _url(self) -> Callable[[int, int | str], str]:
        request = self.context["request"]
        return access.signer_for(request.user, timezone.now(), request.build_absolute_uri("/").rstrip("/"))

    @cached_property
    def _shown(self) -> list[Picture | PictureRow]:
        shown: Any = self.parent.instance if self.parent is not None else [self.instance]
        return list(shown)

    @cached_property
    def _plans(self) -> Mapping[int, PlanRow | Plan]:
        if isinstance(self.parent, serializers.ListSerializer):
            # At most one query for a page, instead of an owner and a plan made for each row.
            return access.plans_of(self.context["request"].user, {picture.owner_id for picture in self._shown})
        (picture,) = self._shown
        return {picture.owner_id: self.context.get("plan") or cast(Picture, picture).owner.plan}

    @cached_property
    def _albums(self) -> dict[int, list[int]]:
        if "albums" in self.context:
            # The view has just made the picture, and gives the albums that it is in.
            return {picture.id: self.context["albums"] for picture in self._shown}
        return access.albums_of(self.context["request"].user, [picture.id for picture in self._shown])


class AlbumSerializer(StrictSerializer):
    """An album with its cover."""

    id = serializers.IntegerField(read_only=True)
    name = NameField(max_length=150)
    description = DescriptionField(max_length=2000, required=False, allow_blank=True)
    owner = serializers.IntegerField(read_only=True)
    organization = IdField(
        required=False, allow_null=True, help_text="The id of an organization whose albums you may edit."
    )
    visibility = ChoiceField(Visibility.choices, required=False)
    picture_count = serializers.IntegerField(read_only=True, help_text="Pictures in the trash are not counted.")
    cover = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="A picture's id: the chosen one, or else the first."
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, album: AlbumRow | Album) -> dict[str, Any]:
        return album_shape(album)


class RestoredSerializer(serializers.Serializer[Any]):
    restored = serializers.IntegerField(help_text="The number of restored pictures.")


class BulkResultSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="The picture's id.")
    status = serializers.IntegerField(help_text="That of the call for this picture alone: 200 or 204 if it was done.")
    code = serializers.ChoiceField(CODES, allow_null=True, help_text="Why it was refused; null if it was done.")


BULK_EXAMPLE = {
    "results": [{"id": 7, "status": 204, "code": None}, {"id": 9, "status": 404, "code": "not_found"}],
}


@extend_schema_serializer(examples=[OpenApiExample("One of two", value=BULK_EXAMPLE, response_only=True)])
class BulkResultsSerializer(serializers.Serializer[Any]):
    results = BulkResultSerializer(many=True, help_text="One for each picture, in the order of the request.")


class TrashedSerializer(PictureSerializer):
    """A picture in the trash; its URLs work again after a restore."""

    deleted_at = serializers.DateTimeField(help_text="The picture is purged 30 days later.")

    def to_representation(self, picture: Any) -> dict[str, Any]:
        return {**super().to_representation(picture), "deleted_at": picture.deleted_at}


class UploadedSerializer(PictureSerializer):
    expiring_link = LinkSerializer(required=False, help_text="Present if `expiring_time_seconds` was sent.")
