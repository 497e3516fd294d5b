"""Who may see which user, and what of them."""

from datetime import datetime

from django.db.models import F, Prefetch, QuerySet

from albumen import signed_urls
from albumen.accounts.models import Session, User
from albumen.errors import Forbidden, NotFound
from albumen.organizations.access import memberships_visible_to, organizations_visible_to
from albumen.organizations.models import Membership, Organization
from albumen.viewers import Viewer, is_administrator

USERS_SHOWN = 50

_MEMBERSHIPS = Membership.objects.select_related("organization").order_by("organization_id")
_KNOWN = "known_memberships"


def users_visible_to(viewer: Viewer) -> QuerySet[User]:
    """The directory: every signed-in user sees the active ones, administrators see all (requirements B6, B17)."""
    users = User.objects.all()
    return users if is_administrator(viewer) else users.filter(is_active=True)


def get_active_user(user_id: int | None) -> User:
    """Whom work in the background is done for, with the plan as it is now; `Forbidden` once the account is closed."""
    user = User.objects.select_related("plan").filter(pk=user_id or 0, is_active=True).first()
    if user is None:
        raise Forbidden("account_inactive")
    return user


def with_memberships(users: QuerySet[User]) -> QuerySet[User]:
    """The same users, who bring their memberships along: one query for a whole page."""
    return users.prefetch_related(Prefetch("memberships", _MEMBERSHIPS, to_attr=_KNOWN))


def memberships_of(user: User) -> list[Membership]:
    """The user's memberships with their organizations; asked for once, or not at all after `with_memberships`."""
    known: list[Membership] | None = user.__dict__.get(_KNOWN)
    if known is None:
        known = user.__dict__[_KNOWN] = list(_MEMBERSHIPS.filter(user=user))
    return known


def organizations_with_users(viewer: Viewer) -> QuerySet[Organization]:
    """Organizations, each with the memberships `shown`: the first `USERS_SHOWN`, and one more where there are more
    (requirement B10)."""
    known = Prefetch("user__memberships", _MEMBERSHIPS, to_attr=_KNOWN)
    shown = memberships_visible_to(viewer).prefetch_related(known)
    first = shown.order_by("id")[: USERS_SHOWN + 1]
    return organizations_visible_to(viewer).prefetch_related(Prefetch("memberships", first, to_attr="shown"))


def get_user(viewer: Viewer, user_id: int) -> User:
    """One user; `NotFound` alike for absent and hidden."""
    try:
        return users_visible_to(viewer).get(pk=user_id)
    except User.DoesNotExist:
        raise NotFound from None


def active_user(user_id: int) -> User | None:
    """Who stands behind a cookie, with the plan; None once the account is gone or inactive."""
    return User.objects.select_related("plan").filter(pk=user_id or 0, is_active=True).first()


def avatar_address(user: User, viewer: Viewer, now: datetime) -> str:
    """Return the path of the user's avatar for an `<img>` without any header, bound to user, file and viewer. It stays
    the same string for one period."""
    signed = f"{user.pk}/{user.avatar}/{viewer.pk or 0}/{signed_urls.expiry(now)}/"
    return f"/files/avatars/{signed}{signed_urls.signer('avatar')(signed)}"


def user_for_avatar(*, user_id: int, avatar: str, viewer_id: int, expires: int, mac: str, now: datetime) -> User:
    """Return the user whose avatar a signed address gives. `Forbidden` when it is forged or past its time, `NotFound`
    when the avatar was changed or taken away, or the viewer may not see the user any more."""
    signed_urls.require_valid("avatar", f"{user_id}/{avatar}/{viewer_id}/{expires}/", mac, expires=expires, now=now)
    viewer = active_user(viewer_id)
    user = get_user(viewer, user_id) if viewer else None
    if user is None or user.avatar != avatar:
        raise NotFound
    return user


def get_editable_user(viewer: Viewer, user_id: int) -> User:
    """A user to change: `NotFound` as above, `Forbidden` for all but administrators."""
    user = get_user(viewer, user_id)
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators change other users; your own record is the profile.")
    return user


def may_read_contacts(viewer: Viewer, user: User) -> bool:
    """E-mail and phone: for oneself, for administrators, and for those who share an organization."""
    return may_read_account(viewer, user) or _share_an_organization(viewer, user)


def _share_an_organization(viewer: Viewer, user: User) -> bool:
    if not isinstance(viewer, User):
        return False
    own = {membership.organization_id for membership in memberships_of(viewer)}
    return any(membership.organization_id in own for membership in memberships_of(user))


def may_read_account(viewer: Viewer, user: User) -> bool:
    """Plan, usage, staff flag and last login: for oneself and for administrators."""
    return viewer.pk == user.pk or is_administrator(viewer)


def logins_in_force() -> QuerySet[Session]:
    """Everybody's logins that were not ended in whatever way; how old they are is not looked at."""
    return Session.objects.filter(revoked_at=None, user__is_active=True, token_version=F("user__token_version"))


def held_sessions(rotated_after: datetime) -> QuerySet[Session]:
    """Everybody's logins that still hold."""
    return logins_in_force().filter(rotated_at__gt=rotated_after)


def live_sessions(user: User, rotated_after: datetime) -> QuerySet[Session]:
    """The user's logins that still hold."""
    return held_sessions(rotated_after).filter(user=user)


def get_session(user: User, session_id: int) -> Session:
    """One of the user's own logins; `NotFound` otherwise."""
    try:
        return user.sessions.get(pk=session_id, revoked_at=None)
    except Session.DoesNotExist:
        raise NotFound from None


def require_self(viewer: Viewer, user_id: int) -> None:
    """Raise `Forbidden` for everybody but this user and administrators."""
    if viewer.pk != user_id and not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only the user, or an administrator, may do this.")


def require_administrator(viewer: Viewer) -> None:
    """Raise `Forbidden` for everybody but administrators."""
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators may do this.")
