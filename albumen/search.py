"""Search without regard to case and accents, and ordering by name, in any alphabet and alike on every database."""

import re
import unicodedata
from typing import Any

from django.db import models

# Letters that people type without their stroke or as two letters, and that Unicode does not decompose.
_PLAIN = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ŧ": "t",
        "æ": "ae",
        "œ": "oe",
    }
)
SORT_KEY_LENGTH = 255
_NUMBER = re.compile(r"\d+")


def fold(text: str) -> str:
    """Return the text as it is searched, without compatibility forms, case and accents (Unicode, section 3.13 and UAX
    15).

    Marks that make another letter or syllable stay: voiced kana, Indic signs, Thai tones. Hangul stays composed.
    """
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    plain = "".join(character for character in unicodedata.normalize("NFKD", folded) if not _is_dropped(character))
    return " ".join(unicodedata.normalize("NFC", plain).split())


def _is_dropped(character: str) -> bool:
    # Combining classes: 1 is strokes, 10 to 36 Hebrew and Arabic vowel points, from 200 on accents.
    place = unicodedata.combining(character)
    return place == 1 or 10 <= place <= 36 or place >= 200 or unicodedata.category(character) == "Cf"


def sort_key(text: str) -> str:
    """Return what the text is sorted by, code point by code point: its folded form, with each whole number behind two
    digits that count its digits, so that numbers come by value. `Img2` becomes `img012`, `img10` `img0210`."""
    return _NUMBER.sub(_by_value, fold(text))[:SORT_KEY_LENGTH]


def _by_value(number: re.Match[str]) -> str:
    digits = "".join(str(unicodedata.decimal(digit)) for digit in number.group()).lstrip("0")
    return f"{min(len(digits), 99):02}{digits}"


class OrderedText(models.CharField):
    """A text that lists are ordered by, code point by code point. PostgreSQL's default order depends on the language
    that the database was created with, and on the release of a system library."""

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters


class SearchKey(models.TextField):
    """The folded text of the model's `searched_fields`, computed whenever the row is saved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": "", "db_default": "", "blank": True, "editable": False, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = fold(" ".join(getattr(model_instance, name) for name in model_instance.searched_fields))
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> Any:
        # Migrations see a plain text field, and fill it themselves.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class SortKey(OrderedText):
    """The sort key of the model's field `of`, computed whenever the row is saved."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        defaults = {"max_length": SORT_KEY_LENGTH, "default": "", "db_default": "", "blank": True, "editable": False}
        super().__init__(*args, **{**defaults, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = sort_key(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> Any:
        # Migrations see a plain text field, and fill it themselves.
        name, _, args, kwargs = super().deconstruct()
        return name, "albumen.search.OrderedText", args, kwargs


class Searchable(models.Model):
    """Rows that `matching` finds. Change the fields that keys are computed from by `save` or `bulk_create`, never by
    `update`, which would leave the keys as they were."""

    searched_fields: tuple[str, ...] = ("name",)

    search_key = SearchKey()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is not None:
            sorted_by = {field.name for field in self._sort_keys() if field.of in fields}
            found_by = {"search_key"} if set(fields) & set(self.searched_fields) else set()
            kwargs["update_fields"] = {*fields, *found_by, *sorted_by}
        super().save(*args, **kwargs)

    def _sort_keys(self) -> list[SortKey]:
        return [field for field in self._meta.concrete_fields if isinstance(field, SortKey)]


def words_of(text: str) -> list[str]:
    """Return the words of a search, folded, each once."""
    return list(dict.fromkeys(fold(text).split()))


def matching(queryset: Any, text: str, key: str = "search_key") -> Any:
    """Return the rows whose searched fields have every word of the text; `key` may name the key of a related model."""
    for word in words_of(text):
        queryset = queryset.filter(**{f"{key}__contains": word})
    return queryset
