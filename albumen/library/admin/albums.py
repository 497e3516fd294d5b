"""Albums in the admin panel."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from albumen.accounts.models import User
from albumen.admin_base import LINK, ServicePage, counted, filter_by, linked, page_link
from albumen.library import access
from albumen.library.admin import previews
from albumen.library.models import Album
from albumen.library.services import albums

FIRST = 12  # pictures on an album's page
LEAVES = (
    "An album of an organization that becomes private, for its owner, leaves the organization: the pictures of others "
    "leave the album, and stay with those who own them."
)
BelongsFilter = filter_by(
    "organization",
    "in",
    {
        "organization": ("In an organization", Q(organization__isnull=False)),
        "none": ("In none", Q(organization=None)),
    },
)
UseFilter = filter_by(
    "use",
    "use",
    {
        "some": ("With pictures", Q(picture_count__gt=0)),
        "empty": ("Empty", Q(picture_count=0)),
    },
)


@admin.register(Album)
class AlbumPage(ServicePage):
    """Albums are made by their owners; here they are renamed, hidden and removed."""

    belongs_to = {
        "accounts.user": "owner",
        "organizations.organization": "organization",
        "library.picture": "entries__picture",
    }
    empty = "Nobody has made an album yet."
    list_display = ("name", "whose", "shown_to", "visibility", "pictures", "created_at", "updated_at")
    list_filter = ("visibility", BelongsFilter, UseFilter, "created_at", "updated_at")
    list_select_related = ("owner", "organization")
    search_fields = ("search_key", "owner__email", "organization__search_key")
    fieldsets = (
        (None, {"fields": ("name", "description", "visibility"), "description": LEAVES}),
        ("What is in it", {"fields": ("first", "pictures")}),
        ("Whose it is", {"fields": ("owner", "organization", "created_at", "updated_at")}),
    )
    readonly_fields = ("first", "owner", "organization", "pictures", "created_at", "updated_at")

    whose = linked("owner", ordering="owner__email")
    shown_to = linked("organization", ordering="organization__name_key")

    @display(description="First pictures")
    def first(self, album: Album) -> str:
        entries = album.entries.live().select_related("picture__owner__plan").order_by("position", "picture")[:FIRST]
        shown = [(page_link(entry.picture, previews.small(entry.picture)),) for entry in entries]
        return format_html('<div class="flex flex-row flex-wrap gap-2">{}</div>', format_html_join("", "{}", shown))

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
            fate = f"{counted(own, 'picture')} of {album.owner} will be in the trash"
            choice, other = "?", "Keep the pictures"
        else:
            fate = "its pictures stay"
            choice, other = "?pictures=delete", "Put its owner's pictures into the trash, too"
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
