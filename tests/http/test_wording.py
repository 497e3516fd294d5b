"""What a refusal of a field says can be read behind the field's name."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from tests.http.problems import refused
from tests.http.test_catalogue import SHAPES


@pytest.mark.parametrize(
    ("path", "body", "code", "detail"),
    [
        ("/api/pictures/import/", {"urls": []}, "min_length", "urls: Send a list of at least 1."),
        ("/api/pictures/import/", {"urls": ["x"] * 501}, "max_length", "urls: Send a list of at most 500."),
        ("/api/pictures/import/", {"urls": "x"}, "not_a_list", "urls: Send a list."),
        ("/api/pictures/import/", {"urls": ["http://a.example/"], "album": 0}, "min_value", "album: Send at least 1."),
        ("/api/albums/", {"name": "x" * 151}, "max_length", "name: Send at most 150 characters."),
    ],
)
def test_a_field_says_what_to_send(alice: Any, path: str, body: Any, code: str, detail: str) -> None:
    assert refused(alice.post(path, body), 400, code)["detail"] == detail


def said(field: Any) -> Iterator[str]:
    """Every refusal of this field, and of those inside of it."""
    yield from map(str, field.error_messages.values())
    for validator in field.validators:
        yield str(getattr(validator, "message", ""))
    for inner in getattr(field, "fields", {}).values():
        if not inner.read_only:
            yield from said(inner)
    if child := getattr(field, "child", None):
        yield from said(child)


def test_no_field_tells_to_ensure_something() -> None:
    refusals = set()
    for module in SHAPES:
        for _, shape in inspect.getmembers(module, inspect.isclass):
            if issubclass(shape, serializers.Serializer):
                refusals |= set(said(shape()))
    assert "Send a list." in refusals
    assert [refusal for refusal in refusals if refusal.startswith("Ensure")] == []
