"""Users, as this app finds them: it is below accounts."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

from albumen.errors import Conflict, Invalid
from albumen.organizations import access

if TYPE_CHECKING:
    from albumen.accounts.models import User


def find_newcomer(organization_id: int, *, user_id: int | None, email: str | None = None) -> "User":
    """Return the active user with this id, or else with this e-mail, who is no member of the organization. Raise
    `Invalid` when there is no such user, `Conflict` when the user is a member already."""
    users = get_user_model().objects
    found = users.filter(pk=user_id).first() if user_id is not None else users.find_by_email(email or "")
    if found is None or not found.is_active:
        raise Invalid("unknown_user", pointer="/user" if user_id is not None else "/email")
    if access.is_member(found, organization_id):
        raise Conflict("already_member")
    return found
