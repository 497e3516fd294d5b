"""A plan: what an account may have (requirements C3 and C4)."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from albumen.search import OrderedText, SortKey

MIN_HEIGHT = 16
MAX_HEIGHT = 4096
MAX_HEIGHTS = 12
MEGABYTE = 1_000_000


def validate_heights(value: object) -> None:
    """Raise `ValidationError` unless these are one to twelve whole numbers of 16 to 4096 px, each once."""
    if not isinstance(value, list) or not all(isinstance(item, int) and not isinstance(item, bool) for item in value):
        raise ValidationError(_("Give the heights as a list of whole numbers, such as 200, 400."), code="invalid")
    if not 1 <= len(value) <= MAX_HEIGHTS:
        detail = _("A plan has one to %(most)s thumbnail heights.")
        raise ValidationError(detail, code="invalid_length", params={"most": MAX_HEIGHTS})
    if any(not MIN_HEIGHT <= item <= MAX_HEIGHT for item in value):
        detail = _("Each height is from %(least)s to %(most)s px.")
        raise ValidationError(detail, code="out_of_range", params={"least": MIN_HEIGHT, "most": MAX_HEIGHT})
    if len(set(value)) != len(value):
        raise ValidationError(_("Name each height once."), code="repeated")


class Plan(models.Model):
    """Thumbnail heights in px, sizes in bytes."""

    name = OrderedText(max_length=100, unique=True)
    name_key = SortKey(of="name")
    thumbnail_heights = models.JSONField(
        validators=[validate_heights],
        help_text=f"In px, {MIN_HEIGHT} to {MAX_HEIGHT}, separated by commas: 200, 400.",
    )
    original = models.BooleanField("original", default=False, help_text="Links to the picture as it was uploaded.")
    expiring_links = models.BooleanField(default=False, help_text="May hand out public links that expire.")
    max_upload_bytes = models.PositiveBigIntegerField(
        default=50 * MEGABYTE, help_text="The largest file that is taken, in bytes."
    )
    quota_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="All of a user's pictures together, in bytes; empty for no limit."
    )
    is_default = models.BooleanField("default for new users", default=False)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_plan"),
            models.CheckConstraint(condition=Q(max_upload_bytes__gte=1), name="plan_takes_a_byte"),
        ]

    def __str__(self) -> str:
        return self.name

    def has_size(self, height: int | None) -> bool:
        """Return whether the plan has thumbnails of this height in px, or originals for None."""
        return self.original if height is None else height in self.thumbnail_heights
