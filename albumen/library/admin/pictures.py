"""Pictures in the admin panel."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from albumen import imaging
from albumen.accounts.models import User
from albumen.admin_base import LINK, ServicePage, filter_by, linked, readable
from albumen.errors import NotFound
from albumen.library import access
from albumen.library.admin import previews
from albumen.library.models import LIVE, TRASHED, Picture, PictureQuerySet, Source
from albumen.library.services import pictures, trash

UNDO = "library_picture_undo"
MOMENT = "%Y%m%dT%H%M%S.%f"


PlaceFilter = filter_by(
    "place",
    "place",
    {"library": ("In the library", LIVE), "trash": ("In the trash", TRASHED)},
)


class FormatFilter(admin.SimpleListFilter):
    """A filter by any format that Albumen accepts: finding those in use would read the whole table."""

    title = "format"
    parameter_name = "format"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.upper()) for name in imaging.MEDIA_TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        return queryset.filter(format=self.value()) if self.value() else queryset


def _leave(picture: Picture) -> str:
    """Return a link to a linked picture, with what the last look at it found. Its server is not told where the visitor
    comes from."""
    link = '<a href="{0}" rel="noopener noreferrer" target="_blank" class="{1}">{0}</a>{2}'
    checked = picture.link_checked_at
    found = f" ({picture.link_problem or 'in order'} on {checked:%Y-%m-%d %H:%M})" if checked else ""
    return format_html(link, picture.image_url, LINK, found)


@admin.register(Picture)
class PicturePage(ServicePage):
    belongs_to = {"accounts.user": "owner", "library.album": "entries__album"}
    empty = "Nobody has uploaded a picture yet."
    most_at_once = {"trash_pictures": 10_000, "restore_pictures": 10_000}
    list_display = ("thumbnail", "name", "whose", "looks", "size", "created_at", "deleted_at")
    list_display_links = ("name",)
    list_filter = (PlaceFilter, FormatFilter, "source", "created_at", "deleted_at")
    list_select_related = ("owner__plan",)
    search_fields = ("search_key", "owner__email")
    fieldsets = (
        (None, {"fields": ("large", "name", "description", "addresses")}),
        ("What it is", {"fields": ("format", "pixels", "size", "camera", "taken_at", "sha256")}),
        ("Whose it is", {"fields": ("owner", "created_at", "updated_at", "deleted_at")}),
    )
    readonly_fields = (
        "large",
        "addresses",
        "owner",
        "format",
        "pixels",
        "size",
        "camera",
        "taken_at",
        "sha256",
        "created_at",
        "updated_at",
        "deleted_at",
    )
    actions = ("trash_pictures", "restore_pictures", "purge_pictures")

    whose = linked("owner", ordering="owner__email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        # URLs are signed for one viewer, and this page is one object for all threads: so each row has the viewer.
        rows: QuerySet[Picture] = super().get_queryset(request)
        viewer = cast(User, request.user)
        return rows.annotate(viewer_id=Value(viewer.pk), viewer_version=Value(viewer.token_version))

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(previews.send_preview)
        undo = self.admin_site.admin_view(self.undo)
        return [
            path("<int:picture_id>/preview/<int:height>/", preview, name=previews.PREVIEW),
            path("undo/<str:moment>/", undo, name=UNDO),
            *super().get_urls(),
        ]

    @display(description="Thumbnail")
    def thumbnail(self, picture: Picture) -> str:
        return previews.small(picture)

    @display(description="Picture")
    def large(self, picture: Picture) -> str:
        return previews.large(picture)

    @display(description="Open")
    def addresses(self, picture: Any) -> str:
        if picture.source == Source.LINK:
            return _leave(picture)
        if picture.deleted_at is not None:
            return "It is in the trash: nobody sees it."
        plan = picture.owner.plan
        sizes: list[tuple[int | str, str]] = [(height, f"{height} px") for height in plan.thumbnail_heights]
        if plan.original:
            sizes.append((access.ORIGINAL, "original"))
        return format_html_join(
            ", ",
            '<a href="{}" class="{}">{}</a>',
            ((self._sign(picture, size), LINK, label) for size, label in sizes),
        )

    def _sign(self, picture: Any, size: int | str) -> str:
        viewer = User(pk=picture.viewer_id, token_version=picture.viewer_version)
        return access.signed_url(picture.pk, size, viewer, timezone.now())

    @display(description="Width x height", ordering="height")
    def pixels(self, picture: Picture) -> str:
        return f"{picture.width} x {picture.height}" if picture.width else "-"

    @display(description="Format", ordering="height")
    def looks(self, picture: Picture) -> str:
        return f"{picture.format} {picture.width} x {picture.height}" if picture.width else "-"

    @display(description="Size", ordering="bytes")
    def size(self, picture: Picture) -> str:
        return readable(picture.bytes) if picture.bytes else "-"

    @admin.action(description="Move to the trash")
    def trash_pictures(self, request: HttpRequest, queryset: PictureQuerySet) -> None:
        now = timezone.now()
        deleted = trash.delete_pictures(actor=cast(User, request.user), pictures=queryset, now=now)
        undo = reverse(f"admin:{UNDO}", args=[now.strftime(MOMENT)])
        nothing = "These pictures are in the trash already."
        self.report(request, self._named(deleted), "moved to the trash", nothing, undo=undo)

    @admin.action(description="Take out of the trash")
    def restore_pictures(self, request: HttpRequest, queryset: PictureQuerySet) -> None:
        self._restore(request, queryset)

    @admin.action(description="Delete for good")
    def purge_pictures(self, request: HttpRequest, queryset: PictureQuerySet) -> HttpResponse | None:
        chosen = queryset.trashed()
        if "confirmed" not in request.POST and chosen.exists():
            return self.ask(request, chosen, "purge_pictures", "Delete for good what is in the trash")
        before = self._named(list(chosen.values_list("pk", flat=True)))
        trash.purge_chosen_pictures(actor=cast(User, request.user), pictures=queryset, now=timezone.now())
        left = Picture.objects.in_bulk([picture.pk for picture in before])
        purged = [picture for picture in before if picture.pk not in left]
        nothing = "None of these pictures is in the trash: only from there are they deleted for good."
        self.report(request, purged, "deleted for good", nothing, flag=DELETION)
        return None

    def undo(self, request: HttpRequest, moment: str) -> HttpResponseBase:
        """Restore what one action has moved to the trash: the pictures with this time of deletion."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            deleted_at = datetime.strptime(moment, MOMENT).replace(tzinfo=UTC)
        except ValueError:
            raise NotFound from None
        self._restore(request, Picture.objects.filter(deleted_at=deleted_at))
        return redirect("admin:library_picture_changelist")

    def _restore(self, request: HttpRequest, chosen: QuerySet[Picture]) -> None:
        actor = cast(User, request.user)
        restored = trash.restore_chosen_pictures(actor=actor, pictures=chosen, now=timezone.now())
        self.report(request, self._named(restored), "restored", "None of these pictures is in the trash.")

    def _named(self, picture_ids: list[int]) -> list[Picture]:
        """Return what the history needs of these pictures."""
        return list(Picture.objects.only("name").in_bulk(picture_ids).values())

    def actions_for(self, row: Picture) -> Collection[str]:
        return ("trash_pictures",) if row.deleted_at is None else ("restore_pictures", "purge_pictures")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Pictures go into the trash, by the action.
        return False

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        pictures.change_picture(
            actor=cast(User, request.user),
            picture_id=obj.pk,
            name=obj.name,
            description=obj.description,
            now=timezone.now(),
        )
