"""Request bodies in which every field must be known: a misspelt one is refused instead of ignored.

A client may send back a whole response with a change in it: when something is changed, fields that can only be read
are ignored. When something is created, they are refused.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

# The field that Django adds to the forms of browsers.
CSRF_FIELD = "csrfmiddlewaretoken"
# How many unknown fields one error names.
MOST_NAMED = 20
UNKNOWN_FIELD = _("There is no such field; known: %(known)s.")
MISTYPED_FIELD = _("There is no such field. Did you mean %(meant)s?")
READ_ONLY_FIELD = _("There is no such field to write; it can only be read: leave it out.")
NO_FIELDS = _("There is no such field: this request takes none.")
# How a form may number the items of a list: `pictures[0]`.
_ITEM = re.compile(r"(.+)\[\d+\]")


class StrictSerializer(serializers.Serializer[Any]):
    """The fields of a request. Before any value is validated, an unknown field is refused as `unknown_field`, and one
    that a form repeats as `duplicate_field`.

    Unknown fields are ignored where the view in the serializer's context has `passes_over_unknown_fields`, for clients
    that use another URL of the endpoint.
    """

    default_error_messages = {
        "unknown_field": UNKNOWN_FIELD,
        "duplicate_field": _("Send this field once."),
    }
    # The serializer of the resource in responses, whose fields may be sent back in a change.
    representation: ClassVar[type[serializers.Serializer[Any]] | None] = None

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (errors := self._strange_fields(data)):
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def writable_names(self) -> list[str]:
        """Return the names of the fields that a client may send, in the order of their description."""
        return [name for name, field in self.fields.items() if not field.read_only]

    def _strange_fields(self, data: Mapping[str, Any]) -> dict[str, serializers.ErrorDetail]:
        writable = self.writable_names()
        repeated = {
            name: serializers.ErrorDetail(str(self.error_messages["duplicate_field"]), code="duplicate_field")
            for name in writable
            if isinstance(data, MultiValueDict) and self._is_repeated(name, data)
        }
        unknown = self._unknown_names(data, writable)[:MOST_NAMED]
        return repeated | {escaped(name): self._refusal(name, writable) for name in unknown}

    def _unknown_names(self, data: Mapping[str, Any], writable: list[str]) -> list[str]:
        names = [name for name in data if name not in writable]
        if isinstance(data, MultiValueDict):
            names = [name for name in names if not self._belongs_to_a_form(name)]
        if not names or getattr(self.context.get("view"), "passes_over_unknown_fields", False):
            return []
        readable = self._readable_names()
        return [name for name in names if name not in readable]

    def _refusal(self, name: str, known: list[str]) -> serializers.ErrorDetail:
        if name in self.fields:
            detail = str(READ_ONLY_FIELD)
        elif meant := get_close_matches(name, known, n=1):
            detail = MISTYPED_FIELD % {"meant": meant[0]}
        else:
            detail = UNKNOWN_FIELD % {"known": ", ".join(known)} if known else str(NO_FIELDS)
        return serializers.ErrorDetail(detail, code="unknown_field")

    def _readable_names(self) -> set[str]:
        """Return the names of the fields that are ignored in a change."""
        names: set[str] = set()
        if self.partial:
            names |= self.fields.keys()
        if self.representation is not None:
            names |= self.representation().fields.keys()
        return names

    def _belongs_to_a_form(self, name: str) -> bool:
        item = _ITEM.fullmatch(name)
        return name == CSRF_FIELD or bool(item and isinstance(self.fields.get(item[1]), serializers.ListField))

    def _is_repeated(self, name: str, data: MultiValueDict) -> bool:
        return len(data.getlist(name)) > 1 and not isinstance(self.fields.get(name), serializers.ListField)


def validated(serializer: serializers.BaseSerializer[Any]) -> dict[str, Any]:
    """Return the validated fields of a request; raise `ValidationError` when some are not valid."""
    serializer.is_valid(raise_exception=True)
    fields: dict[str, Any] = serializer.validated_data
    return fields


def require_no_fields(request: Request) -> None:
    """Raise `ValidationError` for a body with fields, for requests that need none: a DELETE of a list, whose client
    puts ids into the body, would delete the whole list."""
    context = {"view": (request.parser_context or {}).get("view")}
    validated(StrictSerializer(data=request.data, context=context))


def escaped(name: str) -> str:
    """Return a field's name as a step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
