"""Albums, their pictures, and the links that expire."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from albumen.organizations.models import Organization
from albumen.plans.models import Plan
from albumen.search import OrderedText, Searchable, SortKey

LIVE = Q(deleted_at__isnull=True)
TRASHED = Q(deleted_at__isnull=False)


class Source(models.TextChoices):
    UPLOAD = "upload", "uploaded"
    LINK = "link", "linked"


class PictureQuerySet(models.QuerySet["Picture"]):
    def live(self) -> Self:
        """Return those that are not in the trash."""
        return self.filter(LIVE)

    def trashed(self) -> Self:
        """Return those in the trash."""
        return self.filter(TRASHED)


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
    # Of a linked picture: when its URL was last checked, and the code of the error then.
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

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = [
            *(
                models.Index(fields=["owner", field, "id"], condition=LIVE, name=f"picture_{field}")
                for field in ("created_at", "updated_at", "name_key", "taken_at", "bytes", "width", "height")
            ),
            *(
                models.Index(fields=[field, "id"], condition=LIVE, name=f"picture_all_{field}")
                for field in ("created_at", "name_key")
            ),
            models.Index(fields=["owner", "deleted_at"], condition=TRASHED, name="picture_trash"),
        ]

    def __str__(self) -> str:
        return self.name


class Visibility(models.TextChoices):
    PRIVATE = "private", "its owner"
    ORGANIZATION = "organization", "members of its organization"
    PUBLIC = "public", "anybody"


def shown_to_organization(prefix: str = "") -> Q:
    """Return the condition on rows that the members of its organization see the album that the lookup `prefix` leads
    to ("" for albums themselves). `Album.is_shown_to_organization` is the same rule for one album."""
    return Q(**{f"{prefix}organization__isnull": False}) & ~Q(**{f"{prefix}visibility": Visibility.PRIVATE})


def owned_alone(prefix: str = "") -> Q:
    """Return the condition on rows that the album is its owner's alone: the opposite of `shown_to_organization`."""
    return Q(**{f"{prefix}organization__isnull": True}) | Q(**{f"{prefix}visibility": Visibility.PRIVATE})


def protect_shown(collector: Any, field: Any, albums: Any, using: str) -> None:
    """Refuse to delete an organization while albums are shown to it. A private album only ceases to name it: the
    organization's owners cannot even see what would be in their way."""
    if shown := albums.filter(shown_to_organization()):
        models.PROTECT(collector, field, shown, using)
    models.SET_NULL(collector, field, albums, using)


class Album(Searchable):
    """An ordered choice of pictures. `picture_count` leaves out what is in the trash."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="albums")
    name = OrderedText(max_length=150)
    name_key = SortKey(of="name")
    description = models.TextField(max_length=2000, blank=True)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=protect_shown, related_name="albums", db_index=False
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

    @property
    def shown_to(self) -> int | None:
        """The id of the organization whose members see the album, or None."""
        return None if self.visibility == Visibility.PRIVATE else self.organization_id

    @property
    def is_shown_to_organization(self) -> bool:
        """Return whether the members of its organization see the album."""
        return self.shown_to is not None

    def has_left(self, organization_id: int | None) -> bool:
        """Return whether the album is not shown to this organization any more, to which it was shown before; None is
        no organization, which no album leaves."""
        return organization_id not in (None, self.shown_to)


def cascade_and_uncount(collector: Any, field: Any, entries: Any, using: str) -> None:
    """Delete the entries of pictures that are removed, and take those that were not in the trash out of the counts of
    their albums: a deleted user's pictures do not pass through the trash."""
    models.CASCADE(collector, field, entries, using)
    pictures = Picture.objects.using(using).filter(entries__in=entries)
    list(pictures.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    # A plain QuerySet of Django's, without `live()`.
    counts = entries.filter(picture__deleted_at=None).order_by().values_list("album").annotate(lost=models.Count("pk"))
    for album_id, lost in sorted(counts.values_list("album", "lost")):
        Album.objects.using(using).filter(pk=album_id).update(picture_count=F("picture_count") - lost)


class AlbumPictureQuerySet(models.QuerySet["AlbumPicture"]):
    def live(self) -> Self:
        """Return those whose picture is not in the trash."""
        return self.filter(picture__deleted_at__isnull=True)


class AlbumPicture(models.Model):
    """A picture's place in an album; positions ascend with gaps between them."""

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="entries")
    picture = models.ForeignKey(Picture, on_delete=cascade_and_uncount, related_name="entries")
    position = models.BigIntegerField()

    objects = AlbumPictureQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["album", "picture"], name="once_in_an_album")]
        indexes = [models.Index(fields=["album", "position", "picture"], name="album_order")]

    def __str__(self) -> str:
        return f"{self.picture} in {self.album}"


class ExpiringLinkQuerySet(models.QuerySet["ExpiringLink"]):
    def open(self, now: datetime) -> Self:
        """Return those that are neither withdrawn, nor past their time, nor used up. All of it stands in their own
        rows, so that one UPDATE can ask for it and count a use."""
        return self.filter(Q(max_uses=None) | Q(uses__lt=F("max_uses")), revoked_at=None, expires_at__gt=now)

    def running(self, now: datetime) -> Self:
        """Return those that give their image now: `ExpiringLink.end` is the rule for one of them."""
        allowed = Q(height=None, picture__owner__plan__original=True)
        # SQLite cannot ask whether a list in JSON holds a number.
        for plan_id, heights in Plan.objects.filter(expiring_links=True).values_list("pk", "thumbnail_heights"):
            allowed |= Q(picture__owner__plan=plan_id, height__in=heights)
        return self.open(now).filter(
            allowed,
            picture__deleted_at=None,
            picture__owner__is_active=True,
            picture__owner__plan__expiring_links=True,
        )


class ExpiringLink(models.Model):
    """A public link to one picture at one size. Its URL follows from the id and the secret key, and is not stored."""

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="links")
    height = models.PositiveIntegerField(null=True, blank=True, help_text="In px; empty for the original.")
    expires_at = models.DateTimeField()
    max_uses = models.PositiveIntegerField(null=True, blank=True, help_text="Empty for no limit.")
    uses = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ExpiringLinkQuerySet.as_manager()

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

    def end(self, now: datetime) -> str:
        """Return the code of what has ended the link, or "" while it runs. It needs `picture.owner.plan`."""
        owner = self.picture.owner
        allowed = owner.is_active and owner.plan.expiring_links and owner.plan.has_size(self.height)
        if self.revoked_at is not None or not allowed:
            return "link_revoked"
        if now >= self.expires_at:
            return "link_expired"
        if self.max_uses is not None and self.uses >= self.max_uses:
            return "link_used_up"
        return "" if self.picture.deleted_at is None else "link_ended"
