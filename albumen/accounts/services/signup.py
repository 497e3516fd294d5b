"""Sign-up: who may register, as ALBUMEN_SIGNUP says."""

from django.conf import settings

from albumen.errors import Forbidden


def require_allowed(*, invited: bool = False) -> None:
    """Raise `Forbidden` unless people may register now; `invited` says that they hold an invitation. Administrators
    add users without asking this."""
    if settings.SIGNUP == "closed":
        raise Forbidden("signup_closed")
    if settings.SIGNUP == "invited" and not invited:
        raise Forbidden("invitation_required")
