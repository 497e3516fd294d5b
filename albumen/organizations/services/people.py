"""Users, as this app finds them: it is below accounts."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

from albumen.errors import Invalid

if TYPE_CHECKING:
    from albumen.accounts.models import User


def find_active_user(user_id: int | None, email: str | None) -> "User":
    """Return the active user with this id, or else with this e-mail. Raise `Invalid` when there is none."""
    users = get_user_model().objects
    found = users.filter(pk=user_id).first() if user_id is not None else users.find_by_email(email or "")
    if found is None or not found.is_active:
        raise Invalid("unknown_user", pointer="/user" if user_id is not None else "/email")
    return found
