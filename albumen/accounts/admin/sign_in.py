"""The form that signs in to the admin panel."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from albumen.errors import LimitReached


class SignInForm(AuthenticationForm):
    """E-mail and password, with the rate limits of the API."""

    def clean(self) -> Any:
        try:
            return super().clean()
        except LimitReached as refusal:
            detail = f"Too many attempts. Try again in {refusal.retry_after} seconds, or with a code from a mail."
            raise ValidationError(detail, code=refusal.code) from None


admin.site.login_form = SignInForm
