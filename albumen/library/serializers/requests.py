"""Bodies of requests: uploads, changes, links."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils import html

from albumen.fields import ChoiceField, DescriptionField, IdField, NameField
from albumen.library.models import Source
from albumen.library.serializers.shapes import AlbumSerializer, PictureSerializer
from albumen.library.services.bulk import Action
from albumen.library.services.links import MAX_SECONDS, MIN_SECONDS
from albumen.strict import StrictSerializer
from albumen.uploads.parsers import UploadField


class AlbumChangeSerializer(AlbumSerializer):
    owner = IdField(
        required=False, help_text="Your own id, to take an album over in an organization of which you are an owner."
    )
    cover = IdField(required=False, allow_null=True, help_text="The id of a picture in the album; null for the first.")


class RestoreAllSerializer(StrictSerializer):
    scope = ChoiceField(["own", "all"], default="own")


class AlbumField(IdField):
    """An album's id; where the URL has one (`album` in the context), no other."""

    default_error_messages = {"conflicting": _("The address names another album: leave `album` out.")}

    def to_internal_value(self, data: Any) -> int:
        album_id = super().to_internal_value(data)
        addressed = self.context.get("album")
        if addressed is not None and addressed != album_id:
            self.fail("conflicting")
        return album_id


class PictureIdsField(serializers.ListField):
    """A list of ids, by default of 1 to 500; in a form one field for each, or one field with commas, as some clients
    send lists."""

    def __init__(self, *, max_length: int = 500, **kwargs: Any) -> None:
        super().__init__(child=IdField(), min_length=1, max_length=max_length, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        value = super().get_value(dictionary)
        if isinstance(value, list) and html.is_html_input(dictionary):
            return [each for text in value for each in text.split(",")]
        return value


class AddedSerializer(StrictSerializer):
    pictures = PictureIdsField()
    album = AlbumField(required=False, help_text="Must be the album in the URL.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("Into the trash", value={"action": "trash", "pictures": [7, 9]}, request_only=True),
        OpenApiExample(
            "Into an album", value={"action": "add_to_album", "pictures": [7, 9], "album": 3}, request_only=True
        ),
    ]
)
class BulkSerializer(StrictSerializer):
    action = ChoiceField([action.value for action in Action])
    pictures = PictureIdsField(max_length=1000, help_text="Ids; one that is repeated counts once.")
    album = IdField(
        required=False,
        allow_null=True,
        help_text="The album's id, for `add_to_album` and `remove_from_album`, and for no other action.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        action, album_id = Action(attrs["action"]), attrs.get("album")
        if action.needs_album and album_id is None:
            raise serializers.ValidationError({"album": _("Name the album by its id.")}, code="required")
        if album_id is not None and not action.needs_album:
            detail = _("This action is not about an album: leave `album` out.")
            raise serializers.ValidationError({"album": detail}, code="conflicting")
        wanted = {"action": action, "picture_ids": list(dict.fromkeys(attrs["pictures"]))}
        return wanted | ({"album_id": album_id} if action.needs_album else {})


class MoveSerializer(StrictSerializer):
    before = IdField(allow_null=True, help_text="The id of the picture that will follow; null for the end.")


def seconds_field(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=MIN_SECONDS, max_value=MAX_SECONDS, **kwargs)


class UploadSerializer(StrictSerializer):
    image = UploadField(required=False, help_text="A file; in JSON base64, bare or as a data URL.")
    image_url = serializers.CharField(
        required=False, max_length=2000, help_text="Instead of `image`: a link to a public image."
    )
    name = NameField(max_length=255, required=False, allow_blank=True, help_text="By default the file's name.")
    description = DescriptionField(max_length=5000, required=False, allow_blank=True)
    album = AlbumField(required=False, help_text="The id of an album to put the picture in.")
    expiring_time_seconds = seconds_field(
        required=False, help_text="Also make a link to the original that expires after this time."
    )

    def writable_names(self) -> list[str]:
        # The same URL takes ids of existing pictures, too; a body with them is read by another serializer.
        return [*super().writable_names(), *(["pictures"] if self.context.get("album") else [])]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "image" not in attrs and "image_url" not in attrs:
            raise serializers.ValidationError({"image": _("Send a picture, or the address of one.")}, code="required")
        if "image_url" in attrs and ("image" in attrs or "expiring_time_seconds" in attrs):
            detail = _("A linked picture is only a link: leave `image` and `expiring_time_seconds` out.")
            raise serializers.ValidationError({"image_url": detail}, code="conflicting")
        return attrs


class UploadOrAddSerializer(UploadSerializer):
    """An upload into an album, or the ids of pictures to add to it."""

    pictures = PictureIdsField(required=False, help_text="Instead of an upload: ids of your own pictures.")


class ImportSerializer(StrictSerializer):
    urls = serializers.ListField(
        child=serializers.CharField(max_length=2000),
        min_length=1,
        max_length=500,
        help_text="http or https. A URL that is refused does not stop the others.",
    )
    album = IdField(required=False, allow_null=True, help_text="The id of an album to put the pictures in.")


class ArchiveSerializer(StrictSerializer):
    archive = UploadField(help_text="A ZIP that an export has made.")
    album = IdField(
        required=False,
        allow_null=True,
        help_text="The id of an album to put everything in; then no albums are made.",
    )


class PictureChangeSerializer(StrictSerializer):
    representation = PictureSerializer

    image_url = serializers.CharField(
        required=False, allow_null=True, max_length=2000, help_text="For linked pictures only; the new URL is checked."
    )
    name = NameField(max_length=255, required=False)
    description = DescriptionField(max_length=5000, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "image_url" in attrs and attrs["image_url"] is None:
            # Representations of uploaded pictures have this null, and clients send them back.
            if self.instance is not None and self.instance.source == Source.LINK:
                raise serializers.ValidationError({"image_url": _("A linked picture needs an address.")}, code="null")
            attrs.pop("image_url")
        return attrs


class LinkRequestSerializer(StrictSerializer):
    expiring_time_seconds = seconds_field()
    height = serializers.IntegerField(
        min_value=1,
        max_value=4096,
        required=False,
        allow_null=True,
        help_text="One of the plan's heights, in px; absent for the original.",
    )
    max_uses = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text="Absent for no limit."
    )
