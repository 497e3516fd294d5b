"""Who looks: a user who is signed in, or an anonymous one; and who of them is an administrator."""

from typing import Any, Protocol


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
