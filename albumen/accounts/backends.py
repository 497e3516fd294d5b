"""Sign in to the admin panel and the browsable API by e-mail, with the rate limits of the API."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils import timezone

from albumen.accounts.access import find_active_user
from albumen.accounts.authentication import note_replaced, place_of
from albumen.accounts.services.sessions import check_credentials
from albumen.accounts.services.sign_in_places import SignInPlace
from albumen.errors import Unauthenticated

if TYPE_CHECKING:
    from albumen.accounts.models import User


class EmailBackend(ModelBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> "User | None":
        email = username or kwargs.get("email")
        if not email or password is None:
            return None
        place = SignInPlace("unknown")
        if request is not None:
            place = place_of(request, code=request.POST.get("code", ""))
            note_replaced(request)
        try:
            return check_credentials(email=email, password=password, place=place, now=timezone.now())
        except Unauthenticated:
            return None

    def get_user(self, user_id: int) -> "User | None":
        return find_active_user(user_id)
