"""Who may see which user, and what of them."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, QuerySet

from albumen.accounts.models import Session, User
from albumen.errors import Forbidden, NotFound

Viewer = User | AnonymousUser


def is_administrator(viewer: Viewer) -> bool:
    """Administrators may see and change everything."""
    return bool(viewer.is_active and viewer.is_staff)


def users_visible_to(viewer: Viewer) -> QuerySet[User]:
    """The directory: every signed-in user sees the active ones, administrators see all (requirements B6, B17)."""
    users = User.objects.all()
    return users if is_administrator(viewer) else users.filter(is_active=True)


def get_user(viewer: Viewer, user_id: int) -> User:
    """One user; `NotFound` alike for absent and hidden."""
    try:
        return users_visible_to(viewer).get(pk=user_id)
    except User.DoesNotExist:
        raise NotFound from None


def active_user(user_id: int) -> User | None:
    """Who stands behind a cookie, with the plan; None once the account is gone or inactive."""
    return User.objects.select_related("plan").filter(pk=user_id, is_active=True).first()


def get_editable_user(viewer: Viewer, user_id: int) -> User:
    """A user to change: `NotFound` as above, `Forbidden` for all but administrators."""
    user = get_user(viewer, user_id)
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators change other users; your own record is the profile.")
    return user


def may_read_contacts(viewer: Viewer, user: User) -> bool:
    """E-mail and phone: for oneself and for administrators."""
    return viewer.pk == user.pk or is_administrator(viewer)


def may_read_account(viewer: Viewer, user: User) -> bool:
    """Plan, usage, staff flag and last login: for oneself and for administrators."""
    return viewer.pk == user.pk or is_administrator(viewer)


def held_sessions(rotated_after: datetime) -> QuerySet[Session]:
    """Everybody's logins that still hold."""
    return Session.objects.filter(
        revoked_at=None, user__is_active=True, token_version=F("user__token_version"), rotated_at__gt=rotated_after
    )


def live_sessions(user: User, rotated_after: datetime) -> QuerySet[Session]:
    """The user's logins that still hold."""
    return held_sessions(rotated_after).filter(user=user)


def get_session(user: User, session_id: int) -> Session:
    """One of the user's own logins; `NotFound` otherwise."""
    try:
        return user.sessions.get(pk=session_id, revoked_at=None)
    except Session.DoesNotExist:
        raise NotFound from None
