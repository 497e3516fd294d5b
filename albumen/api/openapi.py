"""The API description as clients get it: shaped so that generators take it, and served as YAML or JSON."""

import json
import re
from functools import cache, lru_cache
from typing import Any

import yaml
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework.request import Request
from rest_framework.views import APIView

from albumen.errors import Invalid
from albumen.strict import StrictSerializer

# The line about a choice that has no other name than its value.
SAYS_NOTHING = re.compile(r"^\* `([^`]+)` - \1$\n?", re.MULTILINE)
NULL_CHOICE = {"$ref": "#/components/schemas/NullEnum"}
EMPTY_TEXT = {"type": "string", "maxLength": 0}
MEDIA_TYPES = {"json": "application/json", "yaml": "application/yaml"}


def undescribing_classes() -> list[type]:
    """Return the base classes whose docstrings are for developers, and describe no component to a client."""
    return [*get_lib_doc_excludes(), StrictSerializer]


def for_generators(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Return the description in the plainest form with the same meaning, since not every generator knows every form.

    Integers get the format of 64 bits, because some generators take them for 32 without one. `readOnly` and
    `writeOnly` are removed, because some leave out such fields, and requests and responses have components of their
    own. Text with a pattern that may be empty becomes plain text, and null among choices becomes null.
    """
    finished: dict[str, Any] = _for_generators(result)
    components = finished["components"]["schemas"]
    components.pop("NullEnum", None)
    # For Go the constants of all choices come into one package, and there is an error code `link_revoked`.
    event_type = components["EventType"]
    event_type["x-enum-varnames"] = ["EVENT_" + value.replace(".", "_").upper() for value in event_type["enum"]]
    return finished


def _for_generators(node: Any) -> Any:
    if isinstance(node, list):
        return [_for_generators(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node == NULL_CHOICE:
        return {"type": "null"}
    node = {name: _for_generators(value) for name, value in node.items()}
    if EMPTY_TEXT in node.get("oneOf", ()):
        (text,) = [option for option in node.pop("oneOf") if option != EMPTY_TEXT]
        node |= {name: value for name, value in text.items() if name in ("type", "maxLength")}
    if isinstance(node.get("description"), str):
        node["description"] = SAYS_NOTHING.sub("", node["description"]).strip()
    kind = node.get("type")
    if kind == "integer" or (isinstance(kind, list) and "integer" in kind):
        node["format"] = "int64"
    for mark in ("readOnly", "writeOnly"):
        if node.get(mark) is True:
            del node[mark]
    # A reference was wrapped, because it had a mark beside it.
    if list(node) == ["allOf"] and len(node["allOf"]) == 1:
        wrapped: dict[str, Any] = node["allOf"][0]
        return wrapped
    return node


@cache
def _description() -> dict[str, Any]:
    description: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return description


@lru_cache(maxsize=8)
def _rendered(form: str, server: str) -> bytes:
    """Return the description of the service at the URL `server`, in ASCII, which every tool reads alike."""
    text = json.dumps({**_description(), "servers": [{"url": server}]}, indent=2)
    if form == "yaml":
        # Loaded again, so that no part stands in it twice and becomes an alias.
        text = yaml.dump(json.loads(text), Dumper=yaml.CSafeDumper, sort_keys=False, width=120)
    return text.encode("ascii")


class Schema(APIView):
    """The description in the form that `?format=` or `Accept` name, else as YAML."""

    schema = None
    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2)

    def get(self, request: Request) -> HttpResponse:
        form = request.query_params.get("format")
        media_type = request.accepted_media_type if form is None else MEDIA_TYPES.get(form)
        if media_type is None:
            raise Invalid("invalid_choice", "Say json or yaml.", pointer="/format")
        form = form or request.accepted_renderer.format
        response = HttpResponse(
            _rendered(form, request.build_absolute_uri("/").rstrip("/")), content_type=f"{media_type}; charset=utf-8"
        )
        response["Content-Disposition"] = f'inline; filename="Albumen.{form}"'
        return response
