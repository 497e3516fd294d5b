"""Middleware for every request: its id, its line in the log, probes, slashes, security headers, input checks."""

import logging
import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import resolve
from django.utils.functional import SimpleLazyObject
from django.utils.translation import activate, gettext

from albumen import languages, security_policy
from albumen.api import problems
from albumen.errors import DomainError
from albumen.operations import metrics, probes, request_id
from albumen.places import client_of_address, client_of_user, current_client
from albumen.rates import client_address
from albumen.uploads.temporary import RequestUploads

GetResponse = Callable[[HttpRequest], HttpResponse]
access_log = logging.getLogger("albumen.access")


class Middleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response


class RequestIdMiddleware(Middleware):
    """Gives each request an id, or takes the client's if it is safe to log, and returns it as X-Request-ID."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request_id.choose(request.headers.get("X-Request-ID", ""))
        token = request_id.current.set(chosen)
        request.request_id = chosen  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.current.reset(token)
        response["X-Request-ID"] = chosen
        return response


class AccessLogMiddleware(Middleware):
    """Logs and counts each request by its route, because paths and queries can contain secrets."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        record(request.method or "-", _route(request), response.status_code, seconds, _user_id(request))
        return response


def record(method: str, route: str, status: int, seconds: float, user: int | None) -> None:
    """Log and count one request. The ASGI application calls this too, for a body that never became complete."""
    metrics.observe(method, route, status, seconds)
    level = logging.DEBUG if route.strip("/") in probes.PATHS else logging.INFO
    if access_log.isEnabledFor(level):
        duration = round(seconds * 1000, 1)
        fields = {"method": method, "route": route, "status": status, "duration_ms": duration, "user_id": user}
        values = (method, route, status, duration, user)
        # Made by hand: `log` would walk the stack to find out where it was called.
        line = access_log.makeRecord(
            access_log.name, level, __file__, 0, "%s %s %s %s ms user %s", values, None, extra={"fields": fields}
        )
        access_log.handle(line)


def _route(request: HttpRequest) -> str:
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    return settings.STATIC_URL if request.path_info.startswith(settings.STATIC_URL) else "none"


def _user_id(request: HttpRequest) -> int | None:
    """Return the id of the user if the view has looked it up; this makes no query."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)


class ClientMiddleware(Middleware):
    """Names the client that takes places: the user, as soon as the view has looked it up, or else the address."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def client() -> str:
            user = _user_id(request)
            return client_of_address(client_address(request)) if user is None else client_of_user(user)

        token = current_client.set(client)
        try:
            return self.get_response(request)
        finally:
            current_client.reset(token)


class ProbesMiddleware(Middleware):
    """Serves probes before the Host header is checked, because load balancers send an IP address there."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info.strip("/")
        if path not in probes.PATHS:
            return self.get_response(request)
        match = request.resolver_match = resolve(f"/{path}/")
        response: HttpResponse = match.func(request)
        return response


class OptionalSlashMiddleware(Middleware):
    """Lets every path work without its final slash, which all routes have."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        return self.get_response(request)


class ContentSecurityPolicyMiddleware(Middleware):
    """Gives every page its policy, also those of packages; a view may have set one of its own."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html") and not self._is_debug_page(response):
            response.headers.setdefault("Content-Security-Policy", security_policy.of_page(request.path_info))
        return response

    def _is_debug_page(self, response: HttpResponse) -> bool:
        """Return whether Django made this page for a developer; it has its scripts and styles inside."""
        return settings.DEBUG and response.status_code in (404, 500)


class PrivacyMiddleware(Middleware):
    """Lets nobody store a response that says nothing on caching itself and that may be private: the request names
    somebody by a token or a cookie, or is no mere reading, like a sign-in."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        named = "HTTP_AUTHORIZATION" in request.META or settings.SESSION_COOKIE_NAME in request.COOKIES
        if named or request.method not in ("GET", "HEAD", "OPTIONS"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class LanguageMiddleware(Middleware):
    """Answers in the language that the client prefers, until somebody is signed in who has chosen another one. What
    is not translated as a whole stays in English: the admin panel and the API's description."""

    ENGLISH = ("/admin/", "/docs/events/", "/redoc/", "/api/schema/")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        stays_english = request.path_info.startswith(self.ENGLISH)
        asked = "" if stays_english else request.META.get("HTTP_ACCEPT_LANGUAGE", "")
        # `override` would ask first which language was active, which takes five times as long as to set one.
        activate(languages.preferred(asked))
        try:
            return self.get_response(request)
        finally:
            activate(settings.LANGUAGE_CODE)


class InputMiddleware(Middleware):
    """Refuses a NUL in the URL (databases fail on it), a query and charsets other than UTF-8, and compressed bodies.
    Turns errors of plain Django views into problem documents."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "%00" in query:
            detail = gettext("Leave the NUL character out of the address.")
            return problems.response(request, 400, "null_character", detail)
        try:
            # Django would read what is no UTF-8 as U+FFFD, and look for that.
            unquote_to_bytes(query.encode("latin-1")).decode()
        except UnicodeError:
            detail = gettext("Encode the query as UTF-8: half a character is no text.")
            return problems.response(request, 400, "invalid_encoding", detail)
        charset = (request.content_params or {}).get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            detail = gettext("Send the body in UTF-8, and say so.")
            return problems.response(request, 400, "unsupported_charset", detail)
        codings = {coding.strip().lower() for coding in request.headers.get("Content-Encoding", "").split(",")}
        if codings - {"", "identity"} and request.META.get("CONTENT_LENGTH") not in ("", "0", None):
            detail = gettext("Send the body as it is, without Content-Encoding: no compressed body is taken here.")
            refusal = problems.response(request, 415, "unsupported_content_encoding", detail)
            refusal["Accept-Encoding"] = "identity"
            return refusal
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return problems.not_allowed(request, response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return problems.response_for(request, exception)
        return None


class UploadCleanupMiddleware(Middleware):
    """Removes temporary uploads that were not stored, however the request ended."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            RequestUploads.of(request).discard()
