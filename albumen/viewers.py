"""The viewer for whom access is decided, a user or an anonymous visitor, and who is an administrator."""

from typing import Any, Protocol

from albumen.errors import Forbidden


class Viewer(Protocol):
    """The attributes that the rules of access read. `User` and Django's `AnonymousUser` have them; the `pk` of an
    anonymous viewer is None."""

    @property
    def pk(self) -> Any: ...

    @property
    def is_authenticated(self) -> Any: ...

    @property
    def is_active(self) -> bool: ...

    @property
    def is_staff(self) -> bool: ...


def is_administrator(viewer: Viewer) -> bool:
    """Return whether the viewer may see and change everything: an active member of the staff."""
    return bool(viewer.is_active and viewer.is_staff)


def require_administrator(viewer: Viewer) -> None:
    """Raise `Forbidden` unless the viewer is an administrator."""
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators may do this.")
