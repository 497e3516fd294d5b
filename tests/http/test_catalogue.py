"""The errors page describes every code that there is, and none that there is not."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import exceptions, serializers

import albumen
from albumen import errors, imaging
from albumen.accounts import filters as account_filters
from albumen.accounts.serializers import requests as account_requests
from albumen.accounts.serializers import shapes as account_shapes
from albumen.error_codes import CATALOGUE
from albumen.events import filters as event_filters
from albumen.events import serializers as event_serializers
from albumen.library import filters as library_filters
from albumen.library.serializers import requests as library_requests
from albumen.library.serializers import shapes as library_shapes
from albumen.organizations import filters as organization_filters
from albumen.organizations import serializers as organization_serializers
from albumen.plans import serializers as plan_serializers
from albumen.tasks import filters as task_filters
from albumen.tasks import serializers as task_serializers

DESCRIBED = {code.name for chapter in CATALOGUE for code in chapter.codes}
SHAPES = (
    *(account_filters, account_requests, account_shapes, library_filters, library_requests, library_shapes),
    *(organization_filters, organization_serializers, plan_serializers),
    *(event_filters, event_serializers, task_filters, task_serializers),
)
FAMILIES = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.DomainError)}
FAMILIES |= {"BodyIncomplete", "Refused"}
# Only for values that no request of this API can carry, or for answers.
UNREACHED = {"date", "make_aware", "overflow", "not_a_dict"}
# Answered by the proxy in front; tests/stack/ compares them with its configuration.
OF_THE_PROXY = {"unreachable"}


def literal_codes() -> Iterator[str]:
    """Codes that stand in the source: of domain errors, problem documents, validators and fields."""
    for path in Path(albumen.__file__).parent.rglob("*.py"):
        if path.name in ("admin.py", "error_codes.py", "settings.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield from _codes_of_call(node)
            if isinstance(node, ast.FunctionDef) and node.name == "end":
                # How a link ends.
                yield from (code for code in _texts(node) if code.startswith("link_"))
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "default_error_messages":
                yield from _codes_of_messages(node.value)


def _codes_of_call(node: ast.Call) -> Iterator[str]:
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    place = 2 if name == "response" else 1 if name in ("document", "PermissionDenied") else 0
    if name in FAMILIES | {"response", "document", "PermissionDenied", "fail"} and len(node.args) > place:
        yield from _texts(node.args[place])
    for keyword in node.keywords:
        if keyword.arg == "busy" or (
            keyword.arg == "code" and name in {*FAMILIES, "ValidationError", "RegexValidator"}
        ):
            yield from _texts(keyword.value)


def _codes_of_messages(node: ast.expr) -> Iterator[str]:
    assert isinstance(node, ast.Dict)
    for key in node.keys:
        assert isinstance(key, ast.Constant)
        yield str(key.value)


def _texts(node: ast.expr) -> Iterator[str]:
    for part in () if isinstance(node, ast.Starred) else ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def field_codes(field: Any) -> Iterator[str]:
    """What REST framework answers for this field, and for those inside of it."""
    yield from field.error_messages
    for validator in field.validators:
        yield getattr(validator, "code", "") or "unique"
    for inner in getattr(field, "fields", {}).values():
        if not inner.read_only:
            yield from field_codes(inner)
    if child := getattr(field, "child", None):
        yield from field_codes(child)


def test_every_code_in_the_source_is_described():
    found = set(literal_codes())
    assert {"plan_in_use", "not_an_image", "csrf_failed", "out_of_range", "null_character"} <= found
    assert found <= DESCRIBED, found - DESCRIBED


def test_every_default_code_is_described():
    families = [family for _, family in inspect.getmembers(errors, inspect.isclass)]
    theirs = [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass)]
    codes = {kind.default_code for kind in families + theirs if hasattr(kind, "default_code")}
    # Rate limits are ours and raise `rate_limited`.
    codes -= {"throttled"}
    assert codes <= DESCRIBED, codes - DESCRIBED


def test_every_code_of_a_field_is_described():
    codes = set()
    for module in SHAPES:
        for _, shape in inspect.getmembers(module, inspect.isclass):
            if shape.__module__.startswith(module.__name__) and issubclass(shape, serializers.Serializer):
                codes |= set(field_codes(shape()))
    codes -= UNREACHED
    assert "max_value" in codes
    assert codes <= DESCRIBED, codes - DESCRIBED


def test_every_code_of_a_picture_and_of_a_password_is_described():
    assert set(imaging.values.CODES) <= DESCRIBED
    for validator in settings.AUTH_PASSWORD_VALIDATORS:
        source = inspect.getsource(import_string(validator["NAME"]))
        code = source.split('code="')[1].split('"')[0]
        assert code.startswith("password_")
        assert code in DESCRIBED


def test_nothing_is_described_that_no_request_meets():
    known = set(literal_codes()) | set(imaging.values.CODES) | OF_THE_PROXY
    for _, kind in [*inspect.getmembers(errors, inspect.isclass), *inspect.getmembers(exceptions, inspect.isclass)]:
        known.add(getattr(kind, "default_code", ""))
    for module in SHAPES:
        for _, shape in inspect.getmembers(module, inspect.isclass):
            if issubclass(shape, serializers.Serializer):
                known |= set(field_codes(shape()))
    stale = {code for code in DESCRIBED - known if not code.startswith("password_")}
    assert not stale
