"""Text that is found without regard to case and accents, in any alphabet, and ordered, alike on every database."""

import re
import unicodedata
from typing import Any

from django.db import models

# Letters that people type without their stroke or as two, and that Unicode does not take apart.
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
    """The text as it is searched: compatibility forms, case and accents taken away (Unicode, section 3.13 and UAX 15).

    Marks that make another letter or syllable stay: voiced kana, Indic signs, Thai tones. Hangul stays whole.
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
    """A text that lists are ordered by: by its code points. PostgreSQL would go by the language that the database was
    made with, and its index by a release of the system's library."""

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else parameters


class SearchKey(models.TextField):
    """The folded form of the model's `searched_fields`, made whenever the row is written."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": "", "db_default": "", "blank": True, "editable": False, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = fold(" ".join(getattr(model_instance, name) for name in model_instance.searched_fields))
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> Any:
        # To migrations it is a text, and they fill it themselves.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class SortKey(OrderedText):
    """The sort key of the model's field `of`, made whenever the row is written."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        defaults = {"max_length": SORT_KEY_LENGTH, "default": "", "db_default": "", "blank": True, "editable": False}
        super().__init__(*args, **{**defaults, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = sort_key(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> Any:
        # To migrations it is a text, and they fill it themselves.
        name, _, args, kwargs = super().deconstruct()
        return name, "albumen.search.OrderedText", args, kwargs


class Searchable(models.Model):
    """Rows that `matching` finds. What their keys are made from is written by `save` and `bulk_create`, never by
    `update`, which would leave the keys behind."""

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
    """The words of a search, folded, each once."""
    return list(dict.fromkeys(fold(text).split()))


def matching(queryset: Any, text: str, key: str = "search_key") -> Any:
    """The rows whose searched fields hold every word of the text; `key` may lead to another model's."""
    for word in words_of(text):
        queryset = queryset.filter(**{f"{key}__contains": word})
    return queryset
