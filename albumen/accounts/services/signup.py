"""Sign-up: who may register, as ALBUMEN_SIGNUP says, and what comes of it."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict, Unpack

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from albumen import rates
from albumen.accounts.hashers import spellings
from albumen.accounts.models import Registration, User
from albumen.accounts.services import avatars, email_verification, passwords
from albumen.accounts.services.attempts import spend_mail
from albumen.contacts import email_key, tidy_email
from albumen.errors import Conflict, DomainError, Forbidden, Invalid
from albumen.idempotency.services.responses import atomic_with_response
from albumen.mails.queue import queue_mail
from albumen.organizations import services as memberships
from albumen.plans.models import Plan
from albumen.sentences import Sentence
from albumen.uploads.temporary import Upload

# How long a registration waits for its link to be opened.
KEPT = timedelta(days=3)


class Names(TypedDict, total=False):
    """The fields that describe a person; an empty `language` follows each request."""

    first_name: str
    last_name: str
    phone: str
    language: str


def require_allowed(*, invited: bool = False) -> None:
    """Raise `Forbidden` unless people may register now; `invited` says that they hold an invitation. Administrators
    add users without asking this."""
    if settings.SIGNUP == "closed":
        raise Forbidden("signup_closed")
    if settings.SIGNUP == "invited" and not invited:
        raise Forbidden("invitation_required")


def register(
    *,
    email: str,
    password: str,
    address: str,
    now: datetime,
    avatar: Upload | None = None,
    organizations: Collection[int] = (),
    **names: Unpack[Names],
) -> User | None:
    """Return a new user with the default plan (requirements A1.4, B3), a viewer in the open `organizations` with these
    ids; None where the link in a mail makes the user. All of it or nothing. Raise `Forbidden` where sign-up is closed.
    """
    require_allowed()
    rates.spend("register", address)
    passwords.require_good(password, User(email=email, **names), pointer="/password")
    verified = settings.SIGNUP == "verified"
    if verified:
        # The same for every address: what the mail says is decided when it is written.
        spend_mail("verify", email=email, address=address)
    elif User.objects.find_by_email(email):
        raise email_taken()
    stored = avatars.store(avatar) if avatar else ""
    try:
        if verified:
            _wait_for_proof(email, password, stored, organizations, names, now)
            return None
        user = User.objects.describe_user(email, password, avatar=stored, **names)
        with atomic_with_response():
            user.save()
            if organizations:
                memberships.set_memberships(user=user, organization_ids=organizations, now=now)
            email_verification.ask(user=user, now=now)
        return user
    except DomainError as refusal:
        avatars.discard(stored)
        if refusal.pointer == "/organizations":
            # The name of a closed one is for those who are signed in.
            refusal.detail = Sentence("One of these organizations does not exist or is not open: register without it.")
        raise
    except IntegrityError:
        avatars.discard(stored)
        raise email_taken() from None


def _wait_for_proof(
    email: str, password: str, avatar: str, organizations: Collection[int], names: Names, now: datetime
) -> None:
    registration = Registration(
        email=tidy_email(email),
        email_key=email_key(email),
        password=make_password(spellings(password)[0]),
        avatar=avatar,
        names=names,
        organizations=list(organizations),
        created_at=now,
    )
    with atomic_with_response():
        memberships.require_open_organizations(organization_ids=organizations, pointer="/organizations")
        registration.save()
        queue_mail("registration", registration=registration.pk, now=now)


def finish_registration(*, registration_id: int, password: str | None, now: datetime) -> None:
    """Make a user of a registration, whose mail's link was opened, and forget all others for this address.

    Where `password` is given, it must be the one of the registration, so that nobody finishes a stranger's and leaves
    the stranger the password. Raise `Invalid` where it is not, or the registration is not there any more; `Conflict`
    where somebody else has the address by now.
    """
    require_allowed()
    used = Invalid("invalid_token", pointer="/token")
    found = Registration.objects.filter(pk=registration_id, created_at__gt=now - KEPT).first()
    if found is None:
        raise used
    if password is not None and not any(check_password(each, found.password) for each in spellings(password)):
        raise Invalid("invalid_password", "This is not the password of this registration.", pointer="/password")
    if User.objects.find_by_email(found.email):
        raise Conflict("email_taken")
    user = User(
        email=found.email,
        password=found.password,
        plan=Plan.objects.get(is_default=True),
        avatar=found.avatar,
        date_joined=now,
        email_verified_at=now,
        **found.names,
    )
    try:
        with transaction.atomic():
            # Of two clicks at once one succeeds.
            if not Registration.objects.filter(pk=found.pk).delete()[0]:
                raise used
            user.save()
            for organization_id in found.organizations:
                # One that was closed since, or is gone.
                with suppress(DomainError):
                    memberships.join_organization(actor=user, organization_id=organization_id, now=now)
            _forget(email_key=found.email_key)
    except IntegrityError:
        raise Conflict("email_taken") from None


def delete_old_registrations(*, now: datetime) -> int:
    """Delete the registrations whose link nobody opened in time. Return how many."""
    return _forget(created_at__lte=now - KEPT)


@transaction.atomic
def _forget(**which: object) -> int:
    """Delete registrations and their avatars, and return how many."""
    rows = Registration.objects.filter(**which)
    for avatar in rows.exclude(avatar="").values_list("avatar", flat=True):
        transaction.on_commit(partial(avatars.discard, avatar))
    return rows.delete()[0]


def email_taken() -> Invalid:
    """Return the refusal of an address that has an account."""
    return Invalid(
        "unique", "There is an account with this e-mail already: sign in, or reset its password.", pointer="/email"
    )
