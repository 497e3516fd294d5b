"""Users, registrations, sessions, and the IP addresses that users have signed in from."""

from contextlib import suppress
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from albumen.accounts.hashers import spellings
from albumen.contacts import EMAIL_LENGTH, EmailAddress, PhoneNumber, email_key, tidy_email
from albumen.plans.models import Plan
from albumen.search import OrderedText, Searchable, SortKey
from albumen.viewers import is_administrator


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this e-mail, in any spelling. Raise `User.DoesNotExist` when there is none."""
        written, key = (username or "").strip().lower(), email_key(username or "")
        # First as it was typed: older versions stored domains as typed, so two users may have two forms of one
        # address.
        found = {user.email.lower(): user for user in self.alias(key=Lower("email")).filter(key__in={written, key})}
        for spelling in (written, key):
            if spelling in found:
                return found[spelling]
        raise self.model.DoesNotExist

    def find_by_email(self, email: str) -> "User | None":
        """Return the user with this e-mail in any spelling, or None."""
        with suppress(self.model.DoesNotExist):
            return self.get_by_natural_key(email)
        return None

    def lock(self, user_id: int) -> None:
        """Lock the user's row until the transaction ends, so that those who change what belongs to the user take
        turns; rows that refer to the user can still be written."""
        self.select_for_update(no_key=True).filter(pk=user_id).values("pk").first()

    def describe_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a new user that is not saved yet, so that no transaction has to wait for the slow hashing."""
        if not email:
            raise ValidationError("A user needs an e-mail address.")
        if "plan" not in fields and "plan_id" not in fields:
            fields["plan"] = Plan.objects.get(is_default=True)
        user = self.model(email=tidy_email(email), **fields)
        user.set_password(password)
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.describe_user(email, password, **fields)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        rights = {"is_staff": True, "is_superuser": True, "email_verified_at": timezone.now()}
        return self.create_user(email, password, **{**rights, **fields})


class User(Searchable, AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail; there is no username anywhere (requirement B1)."""

    email = EmailAddress("e-mail", max_length=EMAIL_LENGTH, unique=True)
    first_name = OrderedText(max_length=150, blank=True)
    last_name = OrderedText(max_length=150, blank=True)
    first_name_key = SortKey(of="first_name")
    last_name_key = SortKey(of="last_name")
    phone = PhoneNumber(max_length=32, blank=True)
    avatar = models.CharField(max_length=32, blank=True, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="users")
    is_active = models.BooleanField("active", default=True, help_text="Off: cannot sign in, and every login is over.")
    is_staff = models.BooleanField("administrator", default=False, help_text="May do everything, here and by API.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # None until the person has opened a link that was sent to the address.
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The address that the user wants to have, until the link that was sent there is opened; of no use before.
    pending_email = EmailAddress(max_length=EMAIL_LENGTH, blank=True, default="", db_default="", editable=False)
    # Of mails and messages; an empty one follows each request.
    language = models.CharField(max_length=2, blank=True, default="", db_default="", choices=settings.LANGUAGES)
    # Each login stores it: to increase it ends all logins.
    token_version = models.PositiveIntegerField(default=0, editable=False)
    bytes_used = models.PositiveBigIntegerField(default=0, editable=False)
    picture_count = models.PositiveBigIntegerField(default=0, editable=False)

    searched_fields = ("first_name", "last_name")

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_an_email")]

    def __str__(self) -> str:
        return self.email

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.first_name or self.email

    def clean(self) -> None:
        self.email = tidy_email(self.email)

    def set_password(self, raw_password: str | None) -> None:
        """Set the password and increase `token_version`, so that saving the user ends every login."""
        super().set_password(spellings(raw_password)[0])
        self.token_version += 1

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password, in any Unicode form. A hash of another form than NFKC, or with older
        parameters, is replaced without ending logins."""
        version, stored = self.token_version, self.password
        try:
            # All forms, also after one that matches, so that the time tells nothing about the password.
            holds = [AbstractBaseUser.check_password(self, spelling) for spelling in spellings(raw_password)]
            if any(holds[1:]) and self.is_active and self.password == stored:
                self.set_password(raw_password)
                User.objects.filter(pk=self.pk, password=stored).update(password=self.password)
            return any(holds)
        finally:
            self.token_version = version

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django uses the password's hash here, which changes at a sign-in when the hasher's parameters have changed.
        return salted_hmac("albumen.session", f"{self.pk}:{self.token_version}", secret=secret).hexdigest()

    # The panel asks for single permissions. As in the API, administrators have all of them and others none.
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return is_administrator(self)

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        return is_administrator(self)

    def has_module_perms(self, app_label: str) -> bool:
        return is_administrator(self)


class Session(models.Model):
    """A login, by tokens, by cookie or by both. It has the hashes of its newest two refresh tokens, and not the tokens
    themselves; `refresh_hash` is empty where the login has a cookie alone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    refresh_hash = models.CharField(max_length=64, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    token_version = models.PositiveIntegerField(editable=False)
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    rotated_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["rotated_at"], name="session_rotated")]

    def __str__(self) -> str:
        return f"{self.user_agent or 'unknown client'} ({self.created_at:%Y-%m-%d})"


class KnownAddress(models.Model):
    """An IP address that a user has signed in from. Failed attempts from other addresses do not count against it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_addresses")
    address = models.CharField(max_length=45)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "address"], name="one_row_an_address")]

    def __str__(self) -> str:
        return self.address


class Registration(models.Model):
    """What somebody registered with whose address is not proved yet. The link in its mail makes a user of it; until
    then nobody sees it. Several may wait for one address, because only its owner gets the mails."""

    email = EmailAddress(max_length=EMAIL_LENGTH)
    # `email_key` of the address.
    email_key = models.CharField(max_length=EMAIL_LENGTH, db_index=True)
    # Hashed.
    password = models.CharField(max_length=128)
    avatar = models.CharField(max_length=32, blank=True)
    # Fields of the user to be, by their names.
    names = models.JSONField(default=dict)
    # Ids of the open organizations to join.
    organizations = models.JSONField(default=list)
    created_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.email
