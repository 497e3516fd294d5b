"""Fields of forms that clean texts as the API does."""

from typing import Any

from django import forms
from django.db import models

from albumen.text import clean_line, clean_lines


class LineField(forms.CharField):
    """A text on one line, cleaned by `albumen.text` as in the API."""

    default_error_messages = {"required": "Write something that can be seen."}

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        # A NUL is for the field's own validator to refuse.
        return text if text is None or "\0" in text else clean_line(text)


class LinesField(forms.CharField):
    """A text of several lines, cleaned by `albumen.text` as in the API."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text if text is None or "\0" in text else clean_lines(text).strip()


FORM_FIELDS: "dict[type[models.Field[Any, Any]], type[forms.Field]]" = {
    models.CharField: LineField,
    models.TextField: LinesField,
}
