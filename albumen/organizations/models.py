"""Organizations, who belongs to them in which role, and who is invited."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from albumen.contacts import EMAIL_LENGTH, EmailAddress
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


class InvitationState(models.TextChoices):
    """`CLOSED` is what the invited person has declined, or what was settled in another way. Owners of the organization
    see it as pending until it expires, so that it tells them nothing."""

    PENDING = "pending", "pending"
    ACCEPTED = "accepted", "accepted"
    CLOSED = "closed", "declined"
    REVOKED = "revoked", "revoked"


class Invitation(models.Model):
    """The offer of a membership, to an account or to an e-mail address. An organization has one for each of them,
    which every further invitation renews."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sent_invitations")
    # None where the invitation is to an address, whether or not somebody has it.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="invitations")
    email = EmailAddress("e-mail", max_length=EMAIL_LENGTH, blank=True)
    email_key = models.CharField(max_length=EMAIL_LENGTH, blank=True, db_index=True, editable=False)
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.VIEWER)
    state = models.CharField(max_length=8, choices=InvitationState.choices, default=InvitationState.PENDING)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["expires_at"], name="invitation_expires")]
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_invitation_each"),
            models.UniqueConstraint(
                fields=["organization", "email_key"],
                condition=models.Q(user=None),
                name="one_invitation_an_address",
            ),
            models.CheckConstraint(
                condition=models.Q(user=None) ^ models.Q(email_key=""), name="invitation_to_account_or_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.email} to {self.organization} ({self.role})"


class InvitationBlock(models.Model):
    """A person whom an organization's invitations reach no more: an account, an address, or both."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    email_key = models.CharField(max_length=EMAIL_LENGTH, blank=True)

    class Meta:
        indexes = [models.Index(fields=["email_key"], name="invitation_block_email")]

    def __str__(self) -> str:
        return f"{self.user or self.email_key} blocks {self.organization}"
