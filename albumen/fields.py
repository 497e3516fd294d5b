"""Fields of requests whose text is cleaned by `albumen.text` before its length is checked."""

from typing import Any, NoReturn

from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from albumen.contacts import EMAIL_LENGTH, tidy_phone, validate_email, validate_phone
from albumen.querying import MAX_ID
from albumen.text import clean_line, clean_lines


class IdField(serializers.IntegerField):
    """The id of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MAX_ID, **kwargs})


class NameField(serializers.CharField):
    """A text on one line. Text without a visible character counts as blank."""

    default_error_messages = {"blank": _("Write something that can be seen.")}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        # A NUL is for the field's own validator to refuse.
        clean = text if "\0" in text else clean_line(text)
        if not (clean or self.allow_blank):
            self.fail("blank")
        return clean


class DescriptionField(serializers.CharField):
    """A text of several lines."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return text if "\0" in text else clean_lines(text).strip()


class ChoiceField(serializers.ChoiceField):
    """One of several words; a wrong one is answered with those that there are."""

    default_error_messages = {"invalid_choice": _("Send one of these: {choices}.")}

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        super().fail(key, choices=", ".join(map(str, self.choices)), **kwargs)


class EmailField(serializers.EmailField):
    """An e-mail address, in any alphabet."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": EMAIL_LENGTH, **kwargs})
        self.validators = [one for one in self.validators if not isinstance(one, EmailValidator)] + [validate_email]


class PhoneField(serializers.CharField):
    """A phone number, as `tidy_phone` returns it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(validate_phone)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return text if "\0" in text else tidy_phone(text)
