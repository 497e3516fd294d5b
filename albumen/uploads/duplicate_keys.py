"""Refuses JSON objects with duplicate keys, of which each parser keeps another value (RFC 8259, section 4)."""

import json
from typing import Any

from albumen.errors import Invalid
from albumen.strict import escaped


class _Pairs(list[tuple[str, Any]]):
    """An object's members, in their order."""


# Numbers are not converted, since only keys matter here, and a long number takes long to convert.
_decoder = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=str, parse_float=str)


def require_distinct_keys(text: str) -> None:
    """Raise `Invalid`, with a pointer to the key, when an object in this valid JSON text has a duplicate key."""
    try:
        pointer = _repeated(_decoder.decode(text), "")
    except RecursionError:
        raise Invalid("malformed_json", "The body is nested too deeply.") from None
    if pointer is not None:
        raise Invalid("duplicate_field", pointer=pointer)


def _repeated(value: Any, pointer: str) -> str | None:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, inner in value:
            step = f"{pointer}/{escaped(key)}"
            if key in seen:
                return step
            seen.add(key)
            if (found := _repeated(inner, step)) is not None:
                return found
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, list) and (found := _repeated(inner, f"{pointer}/{index}")) is not None:
                return found
    return None
