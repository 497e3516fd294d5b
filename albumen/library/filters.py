"""The query parameters that filter lists of albums, pictures and links."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from albumen.errors import Forbidden
from albumen.fields import ChoiceField, IdField
from albumen.imaging import MEDIA_TYPES
from albumen.library.access import pictures_in_album_or_none
from albumen.library.models import ExpiringLink, Source, Visibility
from albumen.search import matching
from albumen.viewers import Viewer, is_administrator


@extend_schema_field({"type": "string", "pattern": "^(me|[0-9]{1,18})$"})
class IdOrMe(IdField):
    """An id, or the word `me`."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Before the bounds, which are for numbers.
        return data if data == "me" else super().run_validation(data)


class OwnedQuery(serializers.Serializer[Any]):
    """Filters that lists of albums and of pictures have in common. A parameter is the lookup of the same name, unless
    `lookups` has another one."""

    lookups = {"created_after": "created_at__gt", "created_before": "created_at__lt"}
    # Parameters that are more than one lookup.
    special: tuple[str, ...] = ("owner", "search")

    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Words in the name; case and accents do not matter.",
    )
    owner = IdOrMe(required=False, help_text="A user's id, or `me`.")
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)

    def filter_queryset(self, queryset: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
        asked = self.validated_data
        conditions = {self.lookups.get(name, name): value for name, value in asked.items() if name not in self.special}
        if "owner" in asked:
            conditions["owner"] = viewer.pk if asked["owner"] == "me" else asked["owner"]
        return matching(queryset.filter(**conditions), asked.get("search", ""))


class AlbumPictureQuery(OwnedQuery):
    """Filters of the pictures of one album."""

    lookups = {
        **OwnedQuery.lookups,
        "taken_after": "taken_at__gt",
        "taken_before": "taken_at__lt",
        "min_width": "width__gte",
        "min_height": "height__gte",
    }

    source = ChoiceField(Source.choices, required=False)  # type: ignore[assignment]  # a field's own property
    format = ChoiceField(list(MEDIA_TYPES), required=False)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", required=False)
    taken_after = serializers.DateTimeField(required=False)
    taken_before = serializers.DateTimeField(required=False)
    min_width = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    min_height = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class PictureQuery(AlbumPictureQuery):
    """Filters of a list of pictures: of the viewer's own, unless `album`, `owner` or `scope` choose others. With
    `album`, the pictures have their `position` in it."""

    special = (*OwnedQuery.special, "album", "scope")

    album = IdField(required=False, help_text="An album's id: only pictures in it.")
    scope = ChoiceField(["own", "all"], required=False, help_text="`all` is for administrators.")

    def filter_queryset(self, queryset: QuerySet[Any], viewer: Viewer) -> QuerySet[Any]:
        asked = self.validated_data
        if "album" in asked:
            # Who sees the album sees its pictures: no row has to be asked again.
            queryset = pictures_in_album_or_none(viewer, asked["album"])
        if asked.get("scope") == "all":
            if not is_administrator(viewer):
                raise Forbidden(
                    "permission_denied", "Only administrators list everybody's pictures.", pointer="/scope"
                )
        elif asked.get("scope") == "own" or not {"album", "owner"} & set(asked):
            queryset = queryset.filter(owner_id=viewer.pk)
        return super().filter_queryset(queryset, viewer)


class AlbumQuery(OwnedQuery):
    """Filters of a list of albums."""

    organization = IdField(required=False)
    visibility = ChoiceField(Visibility.choices, required=False)


class LinkQuery(serializers.Serializer[Any]):
    picture = IdField(required=False)

    def filter_queryset(self, queryset: QuerySet[ExpiringLink], viewer: Viewer) -> QuerySet[ExpiringLink]:
        picture = self.validated_data.get("picture")
        return queryset if picture is None else queryset.filter(picture_id=picture)
