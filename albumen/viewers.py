"""The viewer for whom access is decided, a user or an anonymous visitor, and who is an administrator."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ViewerLike:
    """Somebody to build a compiled query for: an administrator, the user with this `pk`, or a visitor."""

    pk: int | None
    is_staff: bool
    is_active: bool = True

    @property
    def is_authenticated(self) -> bool:
        return self.is_staff or self.pk is not None


def as_variant(viewer: Viewer) -> tuple[bool, int | None]:
    """Return what decides about the statement of a compiled query, whether the viewer is an administrator; and the
    value in it, the viewer's id, which is None for administrators, whose statements have none, and for visitors."""
    administrator = is_administrator(viewer)
    return administrator, None if administrator else viewer.pk
