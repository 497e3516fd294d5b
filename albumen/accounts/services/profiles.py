"""Add, change and delete users, for themselves and for administrators."""

from dataclasses import replace
from datetime import datetime
from typing import Unpack, cast

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from albumen.accounts.models import User
from albumen.accounts.services import avatars, email_changes, email_verification, passwords
from albumen.accounts.services.attempts import spend_mail
from albumen.accounts.services.sessions import end_all_sessions
from albumen.accounts.services.signup import Names, email_taken
from albumen.contacts import email_key, tidy_email
from albumen.errors import Conflict, DomainError, Invalid
from albumen.events.services import NewEvent, publish
from albumen.organizations import services as memberships
from albumen.plans.models import Plan
from albumen.plans.services import prepare_thumbnails
from albumen.sentences import Sentence
from albumen.uploads.temporary import Upload


class ProfileChanges(Names, total=False):
    """Changes to a user's own record. `avatar` is an upload, or None to delete it; `organizations` are the ids of
    those to be in from now on; `email` needs `password`."""

    email: str
    password: str
    avatar: Upload | None
    organizations: list[int]


class NewUser(Names, total=False):
    """The fields of a user that an administrator creates, beside e-mail and password."""

    plan: Plan
    is_staff: bool


class UserChanges(NewUser, total=False):
    """Changes that an administrator makes to a user; `email` and `is_staff` are for the admin panel alone.
    `email_verified` says that the administrator knows the address to be the user's."""

    email: str
    email_verified: bool
    is_active: bool


# Sent with `user` in the transaction that deletes the user. Receivers in other apps lock the rows that are deleted
# with the user, and return a list of `NewEvent` for other users.
before_user_delete = Signal()


def update_profile(*, user: User, now: datetime, address: str, **changes: Unpack[ProfileChanges]) -> User:
    """Change the user's own record, all of it or nothing. Another e-mail needs the password, so that a stolen session
    cannot take the account over, and waits in `pending_email` until its link is opened; the present one, with the
    password, stops the waiting. Raise `Invalid` when the password is missing or wrong."""
    email, password = changes.pop("email", None), changes.pop("password", None)
    if password is not None and email is None:
        # A 200 would tell someone who means to change the password that it was changed.
        detail = Sentence("`password` confirms another `email`. To change the password: POST /api/profile/password/.")
        raise Invalid("required", detail, pointer="/email")
    named = {name: value for name, value in changes.items() if name in Names.__annotations__}
    for name, value in named.items():
        setattr(user, name, value)
    fields = list(named)
    # Older accounts may store another form of the address, which is unchanged when it is sent back.
    if email is not None and user.email not in (email, tidy_email(email)):
        if password is None:
            raise Invalid("required", "Another e-mail needs your password.", pointer="/password")
        passwords.confirm(user=user, password=password, address=address, pointer="/password")
        fields.append(_take_email(user, email, address))
    elif password is not None and user.pending_email:
        passwords.confirm(user=user, password=password, address=address, pointer="/password")
        user.pending_email = ""
        fields.append("pending_email")
    replaced, stored = "", ""
    if "avatar" in changes:
        stored = avatars.store(changes["avatar"]) if changes["avatar"] else ""
        replaced, user.avatar = user.avatar, stored
        fields.append("avatar")
    try:
        with transaction.atomic():
            user.save(update_fields=fields)
            if "pending_email" in fields and user.pending_email:
                email_changes.announce(user=user, now=now)
            if "organizations" in changes:
                memberships.set_memberships(user=user, organization_ids=changes["organizations"], now=now)
    except DomainError:
        avatars.discard(stored)
        raise
    except IntegrityError:
        avatars.discard(stored)
        raise email_taken() from None
    transaction.on_commit(lambda: avatars.discard(replaced))
    return user


def _take_email(user: User, email: str, address: str) -> str:
    """Set the e-mail, or the one that waits, and return the name of the field that was set."""
    if email_key(email) == email_key(user.email):
        # The same one, spelled otherwise.
        other = User.objects.find_by_email(email)
        if other and other.pk != user.pk:
            raise email_taken()
        user.email = tidy_email(email)
        return "email"
    # The same for every address, taken or not.
    for mailbox in (email, user.email):
        spend_mail("verify", email=mailbox, address=address)
    user.pending_email = tidy_email(email)
    return "pending_email"


def add_user(*, email: str, password: str, now: datetime, **fields: Unpack[NewUser]) -> User:
    """Return a new user with a verified address, for an administrator. Raise `Invalid` when the e-mail is taken."""
    if User.objects.find_by_email(email):
        raise email_taken()
    try:
        return User.objects.create_user(email, password, email_verified_at=now, **fields)
    except IntegrityError:
        raise email_taken() from None


@transaction.atomic
def update_user(*, actor: User, user: User, now: datetime, **changes: Unpack[UserChanges]) -> User:
    """Change a user, for an administrator. Deactivation ends every login. Another e-mail holds at once; it is unproved
    unless the administrator says otherwise. Raise `Conflict` for administrators who would lock themselves out."""
    if actor.pk == user.pk and (changes.get("is_active") is False or changes.get("is_staff") is False):
        raise Conflict("locks_oneself_out")
    # Compared with the row, because the admin panel's form has already changed the object.
    before = User.objects.get(pk=user.pk)
    replans = "plan" in changes and before.plan != changes["plan"]
    moves = "email" in changes and email_key(before.email) != email_key(changes["email"])
    verified = changes.pop("email_verified", False)
    fields: dict[str, object] = {**changes}
    if moves:
        fields["pending_email"] = ""
    if verified or moves:
        fields["email_verified_at"] = now if verified else None
    for field, value in fields.items():
        setattr(user, field, value)
    user.save(update_fields=list(fields))
    if moves and not verified:
        email_verification.ask(user=user, now=now)
    if changes.get("is_active") is False:
        end_all_sessions(user=user, now=now)
    if replans:
        prepare_thumbnails(user=user.pk)
    return user


def delete_user(*, user: User, password: str, address: str, now: datetime) -> None:
    """Delete the actor's own account and what belongs to it."""
    passwords.confirm(user=user, password=password, address=address, pointer="/password")
    remove_user(user=user, now=now)


@transaction.atomic
def remove_user(*, user: User, now: datetime) -> None:
    """Delete a user and what belongs to the user. Raise `Conflict` when others would be left in an organization
    without an owner. Picture files that no other user has are removed within minutes."""
    avatar = user.avatar
    # Locked, so that an upload that is being stored is finished first, and deleted with the rest.
    User.objects.lock(user.pk)
    emptied = memberships.prepare_leaving(user=user)
    events = memberships.events_of_leaving(user)
    for _, others in before_user_delete.send(User, user=user):
        events += cast("list[NewEvent]", others)
    if events:
        # Publishing to the user too locks the user's log, which is deleted below, in the order of all writers.
        events[0] = replace(events[0], recipients={*events[0].recipients, user.pk})
        publish(*events, now=now)
    user.delete()
    memberships.delete_empty_organizations(organizations=emptied)
    transaction.on_commit(lambda: avatars.discard(avatar))
