"""The forms of the admin panel that ask for one's own password, with the rate limits of the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from albumen import rates
from albumen.accounts.services import passwords
from albumen.errors import Invalid, LimitReached


@contextmanager
def _limited(remedy: str = "") -> Iterator[None]:
    try:
        yield
    except LimitReached as refusal:
        detail = f"Too many attempts. Try again in {refusal.retry_after} seconds{remedy}."
        raise ValidationError(detail, code=refusal.code) from None


class SignInForm(AuthenticationForm):
    """E-mail and password."""

    def clean(self) -> Any:
        with _limited(", or with a code from a mail"):
            return super().clean()


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """Set one's own password, which ends every session but that of the panel."""

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        self.address = address
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        try:
            with _limited():
                passwords.confirm(user=self.user, password=password, address=self.address, pointer="/password")
        except Invalid as refusal:
            raise ValidationError(str(refusal.detail), code=refusal.code) from None
        return password

    def save(self, commit: bool = True) -> Any:
        passwords.set_password(user=self.user, password=self.cleaned_data["new_password1"], now=timezone.now())
        return self.user


class OwnPasswordPage(PasswordChangeView):
    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"address": rates.client_address(self.request)}


def _own_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    context = admin.site.each_context(request) | (extra_context or {})
    page = OwnPasswordPage.as_view(success_url=reverse("admin:password_change_done"), extra_context=context)
    return page(request)


admin.site.login_form = SignInForm
# The panel has no setting for this form.
admin.site.password_change = _own_password  # type: ignore[method-assign, assignment]
