"""Every route of the service, by Django's own resolver."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

from tests.http.access.table import PROBES

PREFIXES = ("api/", "files/", "links/", "accounts/", "users/", "images/", *PROBES)


def routes() -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, path and methods of every route of ours that is not a page."""
    for prefix, pattern in patterns(get_resolver().url_patterns, ""):
        if prefix.startswith(PREFIXES):
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
            assert view is not None, f"/{prefix} is no class-based view: this test cannot tell its methods."
            wanted = ("get", "post", "put", "patch", "delete")
            known = [method for method in wanted if hasattr(view, method) and method in view.http_method_names]
            yield pattern.name, prefix, [method.upper() for method in known]


def patterns(found: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the path and the pattern of every route."""
    for pattern in found:
        if isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern
        else:
            yield from patterns(pattern.url_patterns, prefix + str(pattern.pattern))


def names_in_path(route: str) -> list[str]:
    """Return the names of the arguments in a route's path."""
    return [
        name
        for known, pattern in patterns(get_resolver().url_patterns, "")
        if pattern.name == route
        for name in pattern.pattern.converters
    ]
