"""The viewer whom access is asked for: a user, or an anonymous visitor; and who of them is an administrator."""

from typing import Any, Protocol

from albumen.errors import Forbidden


class Viewer(Protocol):
    """What every rule of access asks of a viewer. `User` and Django's `AnonymousUser` are viewers; an anonymous one
    has no `pk`."""

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
    """Raise `Forbidden` for viewers who are no administrators."""
    if not is_administrator(viewer):
        raise Forbidden("permission_denied", "Only administrators may do this.")
