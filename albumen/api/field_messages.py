"""Error messages of fields that can follow the name of the field: `urls: Send a list of at most 9.` instead of REST
framework's `urls: Ensure this field has no more than 9 elements.`"""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

_NUMBERS = {"min_value": _("Send at least {min_value}."), "max_value": _("Send at most {max_value}.")}
_TEXTS = {
    "min_length": _("Send at least {min_length} characters."),
    "max_length": _("Send at most {max_length} characters."),
}
_LISTS = {
    "not_a_list": _("Send a list."),
    "empty": _("Send a list that is not empty."),
    "min_length": _("Send a list of at least {min_length}."),
    "max_length": _("Send a list of at most {max_length}."),
}
MESSAGES: dict[type[serializers.Field], dict[str, Any]] = {
    serializers.CharField: _TEXTS,
    serializers.IntegerField: _NUMBERS,
    serializers.FloatField: _NUMBERS,
    serializers.ListField: _LISTS,
    serializers.ListSerializer: _LISTS,
}
# Django's own message says that both may be case-sensitive, which an e-mail is not.
SIGN_IN: dict[type[AuthenticationForm], Any] = {
    AuthenticationForm: _("The e-mail or the password is wrong. Check both, and try again."),
    AdminAuthenticationForm: _("The e-mail or the password is wrong, or this account is not of the staff."),
}


def install() -> None:
    """Make these the default messages of fields and of the two sign-in forms."""
    for form, message in SIGN_IN.items():
        form.error_messages = {**form.error_messages, "invalid_login": message}
    for field, messages in MESSAGES.items():
        field.default_error_messages = {**field.default_error_messages, **messages}
