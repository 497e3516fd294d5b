"""The rules of who may see which users, and which of their fields."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db.models import F, Prefetch, Q, QuerySet

from albumen import signed_urls
from albumen.accounts.models import Session, User
from albumen.compiled_queries import fetch_objects
from albumen.errors import Forbidden, NotFound
from albumen.organizations.access import memberships_visible_to, organizations_visible_to, shows_contacts
from albumen.organizations.models import Membership, Organization
from albumen.viewers import Viewer, ViewerLike, is_administrator

USERS_SHOWN = 50

_MEMBERSHIPS = Membership.objects.select_related("organization").order_by("organization_id")
_KNOWN = "known_memberships"


def users_visible_to(viewer: Viewer) -> QuerySet[User]:
    """Return the active users; for administrators all users (requirements B6, B17)."""
    users = User.objects.all()
    return users if is_administrator(viewer) else users.filter(is_active=True)


def find_active_user(user_id: int | None) -> User | None:
    """Return the active user with this id, with the plan, or None."""
    return User.objects.select_related("plan").filter(pk=user_id or 0, is_active=True).first()


def get_active_user(user_id: int | None) -> User:
    """Return the active user with this id, with the plan, for background work. Raise `Forbidden` when the account is
    closed."""
    user = find_active_user(user_id)
    if user is None:
        raise Forbidden("account_inactive")
    return user


def users_listed_for(viewer: Viewer) -> QuerySet[User]:
    """Return the visible users, with the memberships of a whole page prefetched by one query."""
    return users_visible_to(viewer).prefetch_related(Prefetch("memberships", _MEMBERSHIPS, to_attr=_KNOWN))


def memberships_of(user: User) -> list[Membership]:
    """Return the user's memberships with their organizations. One query reads them for each object; users from
    `users_listed_for` have them already."""
    known: list[Membership] | None = user.__dict__.get(_KNOWN)
    if known is None:
        known = user.__dict__[_KNOWN] = list(fetch_objects(_memberships_of, values=(user.pk,)))
    return known


def _memberships_of(user_id: int) -> QuerySet[Membership]:
    return _MEMBERSHIPS.filter(user=user_id)


def organizations_with_users(viewer: Viewer) -> QuerySet[Organization]:
    """Return the organizations, each with a list `shown` of its first `USERS_SHOWN` memberships, and of one more where
    there are more (requirement B10)."""
    known = Prefetch("user__memberships", _MEMBERSHIPS, to_attr=_KNOWN)
    shown = memberships_visible_to(viewer).prefetch_related(known)
    first = shown.order_by("id")[: USERS_SHOWN + 1]
    return organizations_visible_to(viewer).prefetch_related(Prefetch("memberships", first, to_attr="shown"))


def get_user(viewer: Viewer, user_id: int) -> User:
    """Return one user; raise `NotFound` for an absent and for a hidden one alike."""
    for user in fetch_objects(_one_user, is_administrator(viewer), values=(user_id,)):
        return cast(User, user)
    raise NotFound


def _one_user(administrator: bool, user_id: int) -> QuerySet[User]:
    return users_visible_to(ViewerLike(None, is_staff=administrator)).filter(pk=user_id).order_by()


def avatar_url(user: User, viewer: Viewer, now: datetime) -> str:
    """Return the signed path of the user's avatar for an `<img>`, which is valid for this user, file and viewer. It
    stays the same for a period, so that browsers can cache the image."""
    signed = f"{user.pk}/{user.avatar}/{viewer.pk or 0}/{signed_urls.expiry(now)}/"
    return f"/files/avatars/{signed}{signed_urls.signer('avatar')(signed + signed_urls.logins_of(viewer))}"


def user_for_avatar(*, user_id: int, avatar: str, viewer_id: int, expires: int, mac: str, now: datetime) -> User:
    """Return the user whose avatar the signed URL leads to. Raise `Forbidden` for a forged or expired URL, and
    `NotFound` when the avatar was changed or removed, or the viewer may no longer see the user."""
    # As administrators see users: a closed account's URL is refused for its own reason.
    viewer: User | None = next(fetch_objects(_one_user, True, values=(viewer_id,)), None)
    signed = f"{user_id}/{avatar}/{viewer_id}/{expires}/"
    signed_urls.require_valid("avatar", signed, mac, viewer=viewer, expires=expires, now=now)
    user = get_user(viewer, user_id) if viewer and viewer.is_active else None
    if user is None or user.avatar != avatar:
        raise NotFound
    return user


def get_editable_user(viewer: Viewer, user_id: int) -> User:
    """Return a user whom the viewer, an administrator, may change. Raise `NotFound` as `get_user` does, and
    `Forbidden` when the viewer is no administrator."""
    user = get_user(viewer, user_id)
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators change other users; your own record is the profile.")
    return user


def may_read_contacts(viewer: Viewer, user: User) -> bool:
    """Return whether the viewer may read the user's e-mail and phone: the user, administrators, and those to whom the
    user shows them in an organization of both."""
    if may_read_account(viewer, user):
        return True
    if not isinstance(viewer, User):
        return False
    roles = {membership.organization_id: membership.role for membership in memberships_of(viewer)}
    return any(shows_contacts(shown, roles.get(shown.organization_id)) for shown in memberships_of(user))


def may_read_account(viewer: Viewer, user: User) -> bool:
    """Return whether the viewer may read plan, usage, staff flag and last login: the user and administrators."""
    return viewer.pk == user.pk or is_administrator(viewer)


def rows_of_logins(user_id: int) -> QuerySet[User, tuple[int]]:
    """Return the `token_version` of a user, with which the signatures of their URLs end; nothing if the user is
    inactive or absent."""
    return User.objects.filter(pk=user_id, is_active=True).order_by().values_list("token_version")


def rows_of_session(session_id: int, user_id: int) -> QuerySet[Session, tuple[Any, ...]]:
    """Return when a session was last used, and the `token_version`, heights and originals of its user, who is no
    administrator; nothing if it has ended."""
    sessions = unended_sessions().filter(pk=session_id, user=user_id, user__is_staff=False).order_by()
    columns = "user__token_version", "user__plan__thumbnail_heights", "user__plan__original"
    return sessions.values_list("last_used_at", *columns)


def unended_sessions() -> QuerySet[Session]:
    """Return the sessions of all users that were not ended; some of them may have expired."""
    return Session.objects.filter(revoked_at=None, user__is_active=True, token_version=F("user__token_version"))


def valid_sessions(now: datetime) -> QuerySet[Session]:
    """Return the sessions of all users that are valid: not ended, and neither their refresh token nor, if they have
    none, their cookie has expired."""
    by_cookie = Q(refresh_hash="", created_at__gt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE))
    by_token = ~Q(refresh_hash="") & Q(rotated_at__gt=now - settings.REFRESH_TOKEN_LIFETIME)
    return unended_sessions().filter(by_cookie | by_token)


def sessions_of(user: User, now: datetime) -> QuerySet[Session]:
    """Return the user's valid sessions."""
    return valid_sessions(now).filter(user=user)


def get_session(user: User, session_id: int) -> Session:
    """Return one of the user's sessions; raise `NotFound` for any other."""
    try:
        return user.sessions.get(pk=session_id, revoked_at=None)
    except Session.DoesNotExist:
        raise NotFound from None


def require_self(viewer: Viewer, user_id: int) -> None:
    """Raise `Forbidden` unless the viewer is this user or an administrator."""
    if viewer.pk != user_id and not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only the user, or an administrator, may do this.")
