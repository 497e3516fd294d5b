"""What holds for every request, whatever answers it."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import resolve
from django.utils.functional import SimpleLazyObject

from albumen.api import problems
from albumen.errors import DomainError
from albumen.operations import metrics, probes, request_id

GetResponse = Callable[[HttpRequest], HttpResponse]
access_log = logging.getLogger("albumen.access")


class RequestIdMiddleware:
    """Gives each request an id, or takes the client's own where it is harmless, and answers it as X-Request-ID."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request_id.chosen(request.headers.get("X-Request-ID", ""))
        token = request_id.current.set(chosen)
        request.request_id = chosen  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.current.reset(token)
        response["X-Request-ID"] = chosen
        return response


class AccessLogMiddleware:
    """One line in the log and one count for each request, by its route: paths and queries carry secrets."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self._timed(request) if settings.DEBUG else self.get_response(request)
        seconds = time.perf_counter() - began
        record(request.method or "-", _route(request), response.status_code, seconds, _user_id(request))
        return response

    def _timed(self, request: HttpRequest) -> HttpResponse:
        """With `Server-Timing`, which a browser shows beside the request."""
        spent: list[float] = []

        def measure(execute: Any, *args: Any) -> Any:
            began = time.perf_counter()
            try:
                return execute(*args)
            finally:
                spent.append(time.perf_counter() - began)

        began = time.perf_counter()
        with connection.execute_wrapper(measure):
            response = self.get_response(request)
        total = time.perf_counter() - began
        response["Server-Timing"] = (
            f'total;dur={total * 1000:.1f}, db;dur={sum(spent) * 1000:.1f};desc="{len(spent)} queries"'
        )
        return response


def record(method: str, route: str, status: int, seconds: float, user: int | None) -> None:
    """One request for the metrics and the log, whoever has answered it."""
    metrics.observe(method, route, status, seconds)
    level = logging.DEBUG if route.strip("/") in probes.PATHS else logging.INFO
    if access_log.isEnabledFor(level):
        duration = round(seconds * 1000, 1)
        fields = {"method": method, "route": route, "status": status, "duration_ms": duration, "user_id": user}
        access_log.log(
            level, "%s %s %s %s ms user %s", method, route, status, duration, user, extra={"fields": fields}
        )


def _route(request: HttpRequest) -> str:
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    return settings.STATIC_URL if request.path_info.startswith(settings.STATIC_URL) else "none"


def _user_id(request: HttpRequest) -> int | None:
    """Whom the view knew; nobody is looked up for this."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)


class ProbesMiddleware:
    """Answers an operator's machines before anything looks at the host or the session: they ask by address."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info.strip("/")
        if path not in probes.PATHS:
            return self.get_response(request)
        match = request.resolver_match = resolve(f"/{path}/")
        answer: HttpResponse = match.func(request)
        return answer


class OptionalSlashMiddleware:
    """Every path answers with and without its final slash; all routes are written with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    """Keeps every page from asking another host for anything, also those that are made by others."""

    POLICY = (
        "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; base-uri 'self'; form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'"
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response


class InputMiddleware:
    """Refuses a NUL in the path or the query, which databases choke on, any charset but UTF-8, and bodies that are
    compressed; and gives the refusals of plain Django views, domain errors among them, the form of all others."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return problems.response(request, 400, "null_character", "Leave the NUL character out of the address.")
        charset = (request.content_params or {}).get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            return problems.response(request, 400, "unsupported_charset", "Send the body in UTF-8, and say so.")
        codings = {coding.strip().lower() for coding in request.headers.get("Content-Encoding", "").split(",")}
        if codings - {"", "identity"} and request.META.get("CONTENT_LENGTH") not in ("", "0", None):
            detail = "Send the body as it is, without Content-Encoding: no compressed body is taken here."
            refusal = problems.response(request, 415, "unsupported_content_encoding", detail)
            refusal["Accept-Encoding"] = "identity"
            return refusal
        answer = self.get_response(request)
        if isinstance(answer, HttpResponseNotAllowed):
            return problems.not_allowed(request, answer["Allow"])
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return problems.response_for(request, exception)
        return None


class UploadCleanupMiddleware:
    """Removes the drafts of uploads that nothing has placed, however the request ended."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            for upload in request.__dict__.get("albumen_uploads", ()):
                upload.discard()
