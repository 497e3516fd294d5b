"""Albums, their pictures, and the links that expire."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from albumen.organizations.models import Organization
from albumen.search import OrderedText, Searchable, SortKey

LIVE = Q(deleted_at__isnull=True)


class Source(models.TextChoices):
    UPLOAD = "upload", "uploaded"
    LINK = "link", "linked"


class Picture(Searchable):
    """A reference to an original, which is stored once by its content. Width and height are upright, in px.

    A linked picture has its `image_url` and no bytes here: what is not known of it is empty or 0.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pictures")
    name = OrderedText(max_length=255)
    name_key = SortKey(of="name")
    description = models.TextField(max_length=5000, blank=True)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.UPLOAD, editable=False)
    image_url = models.URLField(max_length=2000, null=True, editable=False)  # noqa: DJ001  (the contract says null)
    # Of a linked picture: when its address was last looked at, and the code of what was wrong then.
    link_checked_at = models.DateTimeField(null=True, editable=False)
    link_problem = models.CharField(max_length=32, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, db_index=True, editable=False)
    bytes = models.PositiveBigIntegerField(editable=False)
    format = models.CharField(max_length=8, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    frames = models.PositiveSmallIntegerField(default=1, editable=False)
    has_alpha = models.BooleanField(editable=False)
    camera = models.CharField(max_length=100, blank=True, editable=False)
    placeholder = models.CharField(max_length=1000, blank=True, editable=False)
    taken_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField("in the trash since", null=True, blank=True, editable=False)
    # Pictures that one call deleted together carry its number, so that they can come back together.
    deleted_with = models.BigIntegerField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        indexes = [
            *(
                models.Index(
                    fields=["owner", field, "id"], condition=Q(deleted_at__isnull=True), name=f"picture_{field}"
                )
                for field in ("created_at", "updated_at", "name_key", "taken_at", "bytes", "width", "height")
            ),
            *(
                models.Index(fields=[field, "id"], condition=Q(deleted_at__isnull=True), name=f"picture_all_{field}")
                for field in ("created_at", "name_key")
            ),
            models.Index(fields=["owner", "deleted_at"], condition=Q(deleted_at__isnull=False), name="picture_trash"),
        ]

    def __str__(self) -> str:
        return self.name


class Visibility(models.TextChoices):
    PRIVATE = "private", "its owner"
    ORGANIZATION = "organization", "members of its organization"
    PUBLIC = "public", "anybody"


class Album(Searchable):
    """An ordered choice of pictures. `picture_count` leaves out what is in the trash."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="albums")
    name = OrderedText(max_length=150)
    name_key = SortKey(of="name")
    description = models.TextField(max_length=2000, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="albums", db_index=False
    )
    visibility = models.CharField(max_length=12, choices=Visibility.choices, default=Visibility.PRIVATE)
    chosen_cover = models.ForeignKey(
        Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    picture_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(visibility=Visibility.ORGANIZATION) | Q(organization__isnull=False),
                name="album_shown_to_an_organization_has_one",
            )
        ]
        indexes = [
            models.Index(fields=["owner", "created_at", "id"], name="album_owner_created"),
            # Without the many that have none, which would make databases think that an organization has as many.
            models.Index(
                fields=["organization"], condition=Q(organization__isnull=False), name="album_of_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def cascade_and_uncount(collector: Any, field: Any, entries: Any, using: str) -> None:
    """What goes with a picture that is removed although it is in no trash, as those of a deleted user are."""
    models.CASCADE(collector, field, entries, using)
    pictures = Picture.objects.using(using).filter(entries__in=entries)
    list(pictures.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    live = entries.filter(picture__deleted_at=None).order_by().values_list("album").annotate(lost=models.Count("pk"))
    for album_id, lost in sorted(live.values_list("album", "lost")):
        Album.objects.using(using).filter(pk=album_id).update(picture_count=F("picture_count") - lost)


class AlbumPicture(models.Model):
    """One picture in one album; positions ascend with gaps between them."""

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="entries")
    picture = models.ForeignKey(Picture, on_delete=cascade_and_uncount, related_name="entries")
    position = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["album", "picture"], name="once_in_an_album")]
        indexes = [models.Index(fields=["album", "position", "picture"], name="album_order")]

    def __str__(self) -> str:
        return f"{self.picture} in {self.album}"


class ExpiringLink(models.Model):
    """A public link to one picture at one size. Its address follows from the id and the secret key; none is stored."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="links")
    height = models.PositiveIntegerField(null=True, blank=True, help_text="In px; empty for the original.")
    expires_at = models.DateTimeField()
    max_uses = models.PositiveIntegerField(null=True, blank=True, help_text="Empty for no limit.")
    uses = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["expires_at"], name="link_expires")]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(uses__lte=F("max_uses")), name="uses_within_max_uses"
            )
        ]

    def __str__(self) -> str:
        return f"{self.picture} ({self.height or 'original'})"
