"""Error responses: problem documents (RFC 9457), or pages for a browser's navigation. Domain errors get their HTTP
status here; the ASGI application and the HTTP protocol use `document` for what they refuse before Django."""

import sqlite3
import sys
from typing import Any

import orjson
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse
from rest_framework import exceptions, status
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from albumen import errors, languages, pages
from albumen.api import refusal_pages
from albumen.api.renderers import JSONRenderer
from albumen.errors import DomainError
from albumen.storage import is_full

MEDIA_TYPE = "application/problem+json"
FOREIGN_KEY_VIOLATION, DISK_FULL = "23503", "53100"
STATUSES: dict[type[DomainError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.LimitReached: 429,
    errors.Unavailable: 503,
    errors.OutOfSpace: 507,
}
TITLES = {
    400: _("The request is not valid"),
    401: _("Not signed in"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Not acceptable"),
    408: _("The request took too long"),
    409: _("Conflict"),
    410: _("Gone"),
    413: _("Too large"),
    415: _("Unsupported media type"),
    416: _("Range not satisfiable"),
    429: _("Too many requests"),
    431: _("The headers are too large"),
    500: _("The server failed"),
    503: _("Not available now"),
    507: _("Out of space"),
}


def document(
    status_code: int, code: str, detail: str, *, request_id: str = "-", items: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Return the members of RFC 9457, with `code`, `request_id` and, for bad input, `errors` as extensions. `detail`
    is in the active language, as the title will be."""
    problem: dict[str, Any] = {
        "type": f"/docs/errors/#{code}",
        "title": str(TITLES.get(status_code, _("Refused"))),
        "status": status_code,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }
    if items:
        problem["errors"] = items
    return problem


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a domain error: that of the nearest of its classes in STATUSES."""
    return next(STATUSES[family] for family in type(error).__mro__ if family in STATUSES)


def response(
    request: HttpRequest, status_code: int, code: str, detail: str, *, retry_after: int | None = None
) -> HttpResponse:
    """Return an error response from outside of REST framework: a page for a navigation, else a problem document."""
    problem = document(status_code, code, detail, request_id=getattr(request, "request_id", "-"))
    body, headers = rendered(problem, request.headers.get("Accept", ""), _address_after_login(request), retry_after)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return HttpResponse(body, status=status_code, headers=headers)


def rendered(
    problem: dict[str, Any], accept: str, address: str = "", retry_after: int | None = None
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of an error response in a type that the Accept header allows."""
    if pages.prefers_page(accept):
        body = refusal_pages.page(problem, address=address, retry_after=retry_after).encode()
        return body, pages.headers() | {"Content-Length": str(len(body))}
    body = orjson.dumps(problem, default=str)
    return body, {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Content-Language": languages.active(),
        "Vary": "Accept, Accept-Language",
    }


def _address_after_login(request: HttpRequest) -> str:
    """Return the path and query to return to after logging in; empty unless the request is a GET."""
    return request.get_full_path() if request.method == "GET" else ""


def response_for(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the response for a domain error that was raised outside of REST framework."""
    retry_after = error.retry_after if isinstance(error, errors.LimitReached | errors.Unavailable) else None
    return response(request, status_of(error), error.code, languages.translated(error.detail), retry_after=retry_after)


class _Refusal(exceptions.APIException):
    """A domain error as an exception of REST framework, in the active language."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(languages.translated(error.detail), error.code)
        self.status_code = status_of(error)
        self.pointer = error.pointer
        self.wait = getattr(error, "retry_after", None)
        self.oldest = getattr(error, "oldest", None)
        if isinstance(error, errors.Unauthenticated):
            self.auth_header = 'Bearer realm="albumen"'


class ProblemHandler(ExceptionHandler):
    """Converts domain errors, and those of Django and the system that a request can cause, to REST framework's."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return _Refusal(exc)
        if isinstance(exc, exceptions.NotAuthenticated):
            return _Refusal(errors.Unauthenticated())
        if isinstance(exc, RequestDataTooBig):
            return _Refusal(errors.TooLarge())
        if isinstance(exc, SuspiciousOperation | BadRequest):
            return _Refusal(errors.Invalid("malformed_request", "The request is malformed."))
        if is_full(exc) or (isinstance(exc, OperationalError) and _is_database_full(exc)):
            return _Refusal(errors.OutOfSpace())
        if isinstance(exc, OperationalError):
            return _Refusal(errors.Unavailable("database_unavailable"))
        if isinstance(exc, IntegrityError) and _sqlstate(exc) == FOREIGN_KEY_VIOLATION:
            # PostgreSQL checks this at the end of a transaction; on SQLite no two writers meet.
            return _Refusal(errors.Conflict("conflict", "What this belongs to was removed meanwhile."))
        return super().convert_known_exceptions(exc)

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> Response:
        response = super().get_response(exc, data)
        patch_vary_headers(response, ["Accept"])
        languages.marked(response)
        request = self.context["request"]
        page = request is not None and pages.is_navigation(request._request)
        response.content_type = pages.MEDIA_TYPE if page else MEDIA_TYPE
        if request is not None:
            request.accepted_renderer = _PageRenderer() if page else JSONRenderer()
            request.accepted_media_type = response.content_type
        for name, value in pages.headers().items() if page else ():
            response.setdefault(name, value)
        if exc.status_code == status.HTTP_401_UNAUTHORIZED and "WWW-Authenticate" not in response:
            response["WWW-Authenticate"] = 'Bearer realm="albumen"'
        return response


class _PageRenderer(BaseRenderer):
    media_type = "text/html"
    format = "html"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        wait = renderer_context["response"].headers.get("Retry-After")
        address = _address_after_login(renderer_context["request"]._request)
        return refusal_pages.page(data, address=address, retry_after=None if wait is None else int(wait))


class ProblemFormatter(ExceptionFormatter):
    """Pointers instead of attribute paths, and the members of RFC 9457."""

    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        found = error_response.errors
        pointer = getattr(self.exc, "pointer", None)
        request_id = getattr(self.context["request"], "request_id", "-")
        if isinstance(self.exc, exceptions.ValidationError):
            items = [{"pointer": _pointer(item.attr), "code": item.code, "detail": item.detail} for item in found]
            codes = {item["code"] for item in items}
            code = codes.pop() if len(codes) == 1 else "invalid"
            whole = gettext("request")
            detail = " ".join(f"{item['pointer'].lstrip('/') or whole}: {item['detail']}" for item in items[:5])
            return document(400, code, detail, request_id=request_id, items=items)
        first = found[0]
        items = [{"pointer": pointer, "code": first.code, "detail": first.detail}] if pointer is not None else []
        detail = first.detail
        if self.exc.status_code >= 500 and not isinstance(self.exc, _Refusal):
            detail = gettext("Something failed here, and it is not your fault. Tell the operator this id: %(id)s.")
            detail %= {"id": request_id}
        problem = document(self.exc.status_code, first.code, detail, request_id=request_id, items=items)
        if (oldest := getattr(self.exc, "oldest", None)) is not None:
            problem["oldest"] = oldest
        return problem


def _pointer(attr: str | None) -> str:
    return "" if attr in (None, "non_field_errors") else f"/{attr}"


def _is_database_full(error: DatabaseError) -> bool:
    """Return whether PostgreSQL or SQLite failed because its disk is full."""
    cause = error.__cause__
    return _sqlstate(error) == DISK_FULL or (isinstance(cause, sqlite3.OperationalError) and "full" in str(cause))


def _sqlstate(error: DatabaseError) -> str | None:
    """Return the error code of PostgreSQL (its manual, appendix A)."""
    return getattr(error.__cause__, "sqlstate", None)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, DomainError):
        return response_for(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return response(request, 413, "too_large", gettext("The body is too large for this address."))
    detail = gettext("The request is malformed; a host that is not served here is one reason (ALBUMEN_ALLOWED_HOSTS).")
    return response(request, 400, "malformed_request", detail)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return response(request, 403, "permission_denied", gettext("You may not do this."))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = gettext("The form is out of date or came from elsewhere: load it again.")
    return response(request, 403, "csrf_failed", detail)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = gettext("There is nothing at this address. The API is described at /docs/.")
    return response(request, 404, "not_found", detail)


def not_allowed(request: HttpRequest, methods: str) -> HttpResponse:
    """Return the refusal of a method where the address knows only these, as `Allow` names them."""
    detail = exceptions.MethodNotAllowed(request.method or "").detail
    refusal = response(request, 405, "method_not_allowed", str(detail))
    refusal["Allow"] = methods
    return refusal


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if isinstance(error, DomainError):
        return response_for(request, error)
    request_id = getattr(request, "request_id", "-")
    detail = gettext("Something failed here. Tell the operator this id: %(id)s.") % {"id": request_id}
    return response(request, 500, "error", detail)
