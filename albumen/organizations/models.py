"""Organizations, and who belongs to them in which role."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from albumen.search import OrderedText, Searchable, SortKey


class Role(models.TextChoices):
    """Owners run the organization; owners and editors change its albums; viewers look."""

    OWNER = "owner", "owner"
    EDITOR = "editor", "editor"
    VIEWER = "viewer", "viewer"


class Contacts(models.TextChoices):
    """Who in an organization reads a member's e-mail and phone."""

    NONE = "none", "nobody"
    OWNERS = "owners", "its owners"
    MEMBERS = "members", "all members"


class Organization(Searchable):
    """Name and description are public to everybody who is signed in (requirement B2)."""

    name = OrderedText(max_length=150)
    name_key = SortKey(of="name")
    description = models.CharField(max_length=500, blank=True)
    open = models.BooleanField(default=False, help_text="Anybody who is signed in may join, as a viewer.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["name_key", "id"], name="organization_name_key"),
            models.Index(fields=["created_at", "id"], name="organization_created"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's membership in an organization, with a role."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.VIEWER)
    contacts = models.CharField(
        max_length=7, choices=Contacts.choices, default=Contacts.OWNERS, db_default=Contacts.OWNERS
    )
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_each"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role"),
            models.CheckConstraint(condition=models.Q(contacts__in=Contacts.values), name="membership_contacts"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization} ({self.role})"
