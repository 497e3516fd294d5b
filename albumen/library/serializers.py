"""The shapes of pictures and expiring links."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from albumen import imaging
from albumen.library import access
from albumen.library.models import ExpiringLink, Picture, Source
from albumen.library.services.links import MAX_SECONDS, MIN_SECONDS
from albumen.uploads.parsers import UploadField

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


class ThumbnailSerializer(serializers.Serializer[Any]):
    plan_height = serializers.IntegerField(help_text="The plan's height, in px.")
    width = serializers.IntegerField(help_text="Of the image behind the link, in px.")
    height = serializers.IntegerField(help_text="Of the image behind the link, in px.")
    url = serializers.URLField(help_text="Needs no header; expires.")


@extend_schema_serializer(examples=[OpenApiExample("A link", value=LINK_EXAMPLE, response_only=True)])
class LinkSerializer(serializers.Serializer[ExpiringLink]):
    id = serializers.IntegerField()
    url = serializers.URLField(help_text="Public: it gives the image.")
    picture = serializers.IntegerField()
    height = serializers.IntegerField(allow_null=True, help_text="In px; null for the original.")
    expires_at = serializers.DateTimeField()
    max_uses = serializers.IntegerField(allow_null=True)
    uses = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, link: ExpiringLink) -> dict[str, Any]:
        path = reverse("link-target", kwargs={"token": access.link_token(link.pk)})
        return {
            "id": link.pk,
            "url": self.context["request"].build_absolute_uri(path),
            "picture": link.picture_id,
            "height": link.height,
            "expires_at": link.expires_at,
            "max_uses": link.max_uses,
            "uses": link.uses,
            "created_at": link.created_at,
            "revoked_at": link.revoked_at,
        }


@extend_schema_serializer(examples=[OpenApiExample("A picture", value=PICTURE_EXAMPLE, response_only=True)])
class PictureSerializer(serializers.Serializer[Picture]):
    """A picture with addresses for this viewer. It needs `owner.plan`, in the same query."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.IntegerField()
    albums = serializers.ListField(child=serializers.IntegerField())
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # a field's own property
    image_url = serializers.URLField(allow_null=True)
    width = serializers.IntegerField(help_text="Upright, in px.")
    height = serializers.IntegerField(help_text="Upright, in px.")
    format = serializers.ChoiceField(list(imaging.MEDIA_TYPES))
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True, help_text="From EXIF.")
    placeholder = serializers.CharField(help_text="A tiny data URL to show until the thumbnail is there.")
    thumbnails = ThumbnailSerializer(many=True)
    original = serializers.URLField(allow_null=True, help_text="Where the owner's plan has originals.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, picture: Picture) -> dict[str, Any]:
        plan = picture.owner.plan
        return {
            "id": picture.pk,
            "name": picture.name,
            "description": picture.description,
            "owner": picture.owner_id,
            "albums": [],
            "source": picture.source,
            "image_url": picture.image_url,
            "width": picture.width,
            "height": picture.height,
            "format": picture.format,
            "bytes": picture.bytes,
            "sha256": picture.sha256,
            "taken_at": picture.taken_at,
            "placeholder": picture.placeholder,
            "thumbnails": [self._thumbnail(picture, height) for height in plan.thumbnail_heights],
            "original": self._address(picture, access.ORIGINAL) if plan.original else None,
            "created_at": picture.created_at,
            "updated_at": picture.updated_at,
        }

    def _thumbnail(self, picture: Picture, plan_height: int) -> dict[str, Any]:
        width, height = imaging.fit_height(picture.width, picture.height, plan_height)
        return {
            "plan_height": plan_height,
            "width": width,
            "height": height,
            "url": self._address(picture, plan_height),
        }

    def _address(self, picture: Picture, size: int | str) -> str:
        return self._base + access.sign_address(picture.pk, size, self.context["request"].user, self._now)

    @cached_property
    def _base(self) -> str:
        return str(self.context["request"].build_absolute_uri("/")).rstrip("/")

    @cached_property
    def _now(self) -> datetime:
        return timezone.now()


class UploadedSerializer(PictureSerializer):
    expiring_link = LinkSerializer(required=False, help_text="Where `expiring_time_seconds` was given.")


def seconds_field(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=MIN_SECONDS, max_value=MAX_SECONDS, **kwargs)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "base64 in JSON",
            value={"image": "iVBORw0KGgo=", "name": "Dot"},
            request_only=True,
            media_type="application/json",
        )
    ]
)
class UploadSerializer(serializers.Serializer[Any]):
    image = UploadField(help_text="A multipart file; in JSON base64, bare or as a data URL.")
    name = serializers.CharField(max_length=255, required=False, allow_blank=True, help_text="Else the file's.")
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    expiring_time_seconds = seconds_field(required=False, help_text="Also make an expiring link to the original.")


class PictureChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255, required=False)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)


class LinkRequestSerializer(serializers.Serializer[Any]):
    expiring_time_seconds = seconds_field()
    height = serializers.IntegerField(
        min_value=1,
        max_value=4096,
        required=False,
        allow_null=True,
        help_text="One of the plan's; absent: the original.",
    )
    max_uses = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text="Absent: no limit."
    )
