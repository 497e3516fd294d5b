"""Albums, pictures and expiring links in the admin panel."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from albumen import imaging
from albumen.accounts.models import User
from albumen.admin_base import LINK, ReadOnlyPage, ServicePage, readable
from albumen.library import access
from albumen.library.models import Album, ExpiringLink, Picture, PictureQuerySet
from albumen.library.services import albums, links, pictures, trash

STATES = {
    "": "running",
    "link_revoked": "withdrawn",
    "link_expired": "expired",
    "link_used_up": "used up",
    "link_ended": "picture removed",
}


@admin.register(Album)
class AlbumPage(ServicePage):
    """Albums are made by their owners; here they are renamed, hidden and removed."""

    list_display = ("name", "owner", "organization", "visibility", "pictures", "created_at", "updated_at")
    list_filter = ("visibility", ("organization", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("owner", "organization")
    search_fields = ("search_key", "owner__email", "organization__search_key")
    fieldsets = (
        (None, {"fields": ("name", "description", "visibility")}),
        ("Whose it is", {"fields": ("owner", "organization", "pictures", "created_at", "updated_at")}),
    )
    readonly_fields = ("owner", "organization", "pictures", "created_at", "updated_at")

    @display(description="Pictures", ordering="picture_count")
    def pictures(self, album: Album) -> str:
        query = {"entries__album__id__exact": album.pk, "place": "library"}
        address = reverse("admin:library_picture_changelist", query=query)
        return format_html('<a href="{}" class="{}">{}</a>', address, LINK, album.picture_count)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return what will happen to the album's pictures, with a link to the other choice."""
        (album,) = objs
        if _fate_of_pictures(request) == "delete":
            own = access.pictures_in_album(request.user, album.pk).filter(owner=album.owner).count()
            fate, choice, other = f"{own} pictures of {album.owner} go into the trash", "?", "Keep the pictures"
        else:
            fate, choice, other = (
                "its pictures stay",
                "?pictures=delete",
                "Put its owner's pictures into the trash, too",
            )
        link = format_html('<a href="{}" class="{}">{}</a>', choice, LINK, other)
        return [f"{album}: {fate}.", link], {"albums": 1}, set(), []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Album, form: Any, change: bool) -> None:
        changes = {field: form.cleaned_data[field] for field in form.changed_data}
        albums.change_album(actor=cast(User, request.user), album_id=obj.pk, **changes, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Album) -> None:
        albums.delete_album(
            actor=cast(User, request.user), album_id=obj.pk, pictures=_fate_of_pictures(request), now=timezone.now()
        )


def _fate_of_pictures(request: HttpRequest) -> str:
    # In the URL, as in the API: the page that asks for confirmation posts to its own URL.
    return "delete" if request.GET.get("pictures") == "delete" else "keep"


class TrashFilter(admin.SimpleListFilter):
    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("library", "In the library"), ("trash", "In the trash")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "library":
                return queryset.live()
            case "trash":
                return queryset.trashed()
        return queryset


class FormatFilter(admin.SimpleListFilter):
    """A filter by any format that Albumen accepts: finding those in use would read the whole table."""

    title = "format"
    parameter_name = "format"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.upper()) for name in imaging.MEDIA_TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        return queryset.filter(format=self.value()) if self.value() else queryset


@admin.register(Picture)
class PicturePage(ServicePage):
    list_display = ("thumbnail", "name", "owner", "format", "pixels", "size", "created_at", "deleted_at")
    list_display_links = ("name",)
    list_filter = (TrashFilter, FormatFilter, "source", "created_at")
    list_select_related = ("owner__plan",)
    search_fields = ("name", "owner__email")
    fieldsets = (
        (None, {"fields": ("thumbnail", "name", "description", "addresses")}),
        ("What it is", {"fields": ("format", "pixels", "size", "camera", "taken_at", "sha256")}),
        ("Whose it is", {"fields": ("owner", "created_at", "updated_at", "deleted_at")}),
    )
    readonly_fields = (
        "thumbnail",
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
    actions = ("trash_pictures", "restore_pictures")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        allowed: bool = super().lookup_allowed(lookup, value, request)
        return allowed or lookup == "entries__album__id__exact"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        # URLs are signed for one viewer, and this page is one object for all threads: so each row has the viewer.
        rows: QuerySet[Picture] = super().get_queryset(request)
        return rows.annotate(viewer_id=Value(request.user.pk))

    @display(description="Thumbnail")
    def thumbnail(self, picture: Any) -> str:
        address = picture.placeholder
        if picture.deleted_at is None:
            address = self._sign(picture, min(picture.owner.plan.thumbnail_heights))
        style = "max-height: 4rem; max-width: 8rem; border-radius: 4px"
        return format_html('<img src="{}" alt="" loading="lazy" style="{}">', address, style)

    @display(description="Open")
    def addresses(self, picture: Any) -> str:
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
        return access.signed_url(picture.pk, size, User(pk=picture.viewer_id), timezone.now())

    @display(description="Width x height", ordering="height")
    def pixels(self, picture: Picture) -> str:
        return f"{picture.width} x {picture.height}"

    @display(description="Size", ordering="bytes")
    def size(self, picture: Picture) -> str:
        return readable(picture.bytes)

    @admin.action(description="Move to the trash")
    def trash_pictures(self, request: HttpRequest, queryset: PictureQuerySet) -> None:
        chosen = list(queryset.live())
        for picture in chosen:
            trash.delete_picture(actor=cast(User, request.user), picture_id=picture.pk, now=timezone.now())
        self.message_user(request, f"{len(chosen)} pictures went into the trash.", messages.SUCCESS)

    @admin.action(description="Take out of the trash")
    def restore_pictures(self, request: HttpRequest, queryset: PictureQuerySet) -> None:
        chosen = list(queryset.trashed())
        for picture in chosen:
            trash.restore_picture(actor=cast(User, request.user), picture_id=picture.pk, now=timezone.now())
        self.message_user(request, f"{len(chosen)} pictures are back.", messages.SUCCESS)

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


class LinkStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Running"), ("expired", "Past its time"), ("withdrawn", "Withdrawn")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        match self.value():
            case "running":
                return queryset.running(now)
            case "expired":
                return queryset.filter(expires_at__lte=now)
            case "withdrawn":
                return queryset.filter(revoked_at__isnull=False)
        return queryset


@admin.register(ExpiringLink)
class LinkPage(ReadOnlyPage):
    """Links are made by those who hand them out; here they can be looked at and withdrawn."""

    list_display = ("picture", "owner", "size", "expires_at", "use", "state")
    list_filter = (LinkStateFilter, "created_at")
    list_select_related = ("picture__owner__plan",)
    search_fields = ("picture__name", "picture__owner__email")
    fields = ("picture", "owner", "size", "address", "created_at", "expires_at", "use", "state", "revoked_at")
    readonly_fields = ("owner", "size", "address", "use", "state")
    actions = ("revoke_links",)

    @display(description="Owner", ordering="picture__owner__email")
    def owner(self, link: ExpiringLink) -> str:
        return link.picture.owner.email

    @display(description="Size", ordering="height")
    def size(self, link: ExpiringLink) -> str:
        return f"{link.height} px" if link.height else "original"

    @display(description="Used")
    def use(self, link: ExpiringLink) -> str:
        return f"{link.uses}" if link.max_uses is None else f"{link.uses} of {link.max_uses}"

    @display(description="State", label={"running": "success"})
    def state(self, link: ExpiringLink) -> str:
        return STATES[link.end(timezone.now())]

    @display(description="Public address")
    def address(self, link: ExpiringLink) -> str:
        path = reverse("link-target", kwargs={"token": access.link_token(link.pk)})
        return format_html('<a href="{}" class="{}">{}</a> (opening it counts as a use)', path, LINK, path)

    @admin.action(description="Withdraw these links")
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[ExpiringLink]) -> None:
        chosen = list(queryset.filter(revoked_at=None))
        for link in chosen:
            links.revoke_link(actor=cast(User, request.user), link_id=link.pk, now=timezone.now())
        self.message_user(request, f"{len(chosen)} links are withdrawn.", messages.SUCCESS)
