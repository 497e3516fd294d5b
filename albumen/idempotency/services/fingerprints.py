"""Fingerprints of requests, by which a retry is recognized: method, path and fields, whatever the content type."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.http import QueryDict

from albumen.keys import derive_key
from albumen.uploads.base64text import sha256_of_base64
from albumen.uploads.temporary import SpooledFile, UnreadFile, Upload


def of_request(*, method: str, target: str, fields: Mapping[str, Any], uploads: Collection[str]) -> str:
    """Return 64 hex digits. `uploads` names the fields whose text is base64. A picture counts by its bytes and by its
    file's name, which becomes the picture's; the type that is declared for it decides nothing, and does not count.

    Keyed, because a body may hold a password: without the secret key nobody can try words on what is stored.
    """
    plain = {name: _plain(value, encoded=name in uploads) for name, value in _items(fields)}
    text = orjson.dumps([method, target, plain], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, key=derive_key("once"), digest_size=32).hexdigest()


def _items(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    if isinstance(fields, QueryDict):
        return [(name, values[0] if len(values) == 1 else values) for name, values in fields.lists()]
    return list(fields.items())


def _plain(value: Any, *, encoded: bool = False) -> Any:
    """Return the value as text: a form has only text, so the number 300 and the text "300" count as the same."""
    if isinstance(value, SpooledFile):
        value = value.upload
    if isinstance(value, Upload):
        return {"sha256": value.sha256, "file_name": value.name or None}
    if isinstance(value, UnreadFile):
        return {"file": None}
    if isinstance(value, str):
        sha256 = sha256_of_base64(value) if encoded else None
        return {"sha256": sha256, "file_name": None} if sha256 else value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, encoded=encoded) for item in value]
    return None if value is None else orjson.dumps(value).decode()
