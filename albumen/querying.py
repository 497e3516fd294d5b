"""The rules of all query parameters: unknown and repeated ones are refused, and ids have an upper limit."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.datastructures import MultiValueDict

from albumen.errors import Invalid
from albumen.sentences import Sentence

# The largest number that both databases can store as an id or as a count of bytes.
MAX_ID = 2**63 - 1


def require_known_parameters(params: MultiValueDict[str, str], known: Iterable[str]) -> None:
    """Raise `Invalid` for a query parameter that is unknown or repeated."""
    names = sorted(known)
    for name in params:
        if name not in names:
            detail = Sentence("There is no such parameter; known: %(known)s.", known=", ".join(names))
            raise Invalid("unknown_parameter", detail, pointer=f"/{name}")
        if len(params.getlist(name)) > 1:
            raise Invalid("repeated_parameter", pointer=f"/{name}")


def asks_filter(query_class: Any, params: Collection[str]) -> bool:
    """Return whether one of these query parameters is a filter of a list: a field of its `query_class`, if any."""
    return query_class is not None and not query_class._declared_fields.keys().isdisjoint(params)
