"""Renderers of responses: JSON, also where the Accept header fits nothing, and the browsable API."""

from typing import Any

import orjson
from django.utils.translation import override
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer
from rest_framework.request import Request

# A time without a zone comes straight from SQLite, which keeps UTC.
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class JSONRenderer(BaseRenderer):
    """JSON by orjson. Times are in UTC, in ISO 8601, with Z."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "text"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if data is None:
            return b""
        indent = orjson.OPT_INDENT_2 if (accepted_media_type or "").startswith("text/html") else 0
        return orjson.dumps(data, option=_OPTIONS | indent, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    return str(value)


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable API. Filters are no backends of REST framework here, so it has no form for them. Its button DELETE
    is there for what the URL names by an id, and not for every picture, or for one's account."""

    def render(self, *args: Any, **kwargs: Any) -> Any:
        # Only some of its words are translated.
        with override("en"):
            return super().render(*args, **kwargs)

    def get_filter_form(self, data: Any, view: Any, request: Request) -> None:
        return None

    def show_form_for_method(self, view: Any, method: str, request: Request, obj: Any) -> bool:
        return (method != "DELETE" or bool(view.kwargs)) and bool(
            super().show_form_for_method(view, method, request, obj)
        )


class Negotiation(DefaultContentNegotiation):
    """Fall back to JSON if no renderer is acceptable: better than no content (RFC 9110, section 12.4.1)."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type
