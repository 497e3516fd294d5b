"""What holds for every request, whatever answers it."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from albumen.errors import DomainError
from albumen.web import problems, request_id

GetResponse = Callable[[HttpRequest], HttpResponse]
_GOOD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RequestId:
    """Gives each request an id, or takes the client's own where it is harmless, and answers it as X-Request-ID."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        chosen = given if _GOOD_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.current.set(chosen)
        request.request_id = chosen  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.current.reset(token)
        response["X-Request-ID"] = chosen
        return response


class OptionalSlash:
    """Every path answers with and without its final slash; all routes are written with it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.endswith("/"):
            request.path_info += "/"
        return self.get_response(request)


class CleanInput:
    """Refuses a NUL in the path or the query, which databases choke on, and any charset but UTF-8; and turns a domain
    error of a plain Django view into its problem document."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return problems.response(request, 400, "null_character", "Leave the NUL character out of the address.")
        charset = (request.content_params or {}).get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            return problems.response(request, 400, "unsupported_charset", "Send the body in UTF-8, and say so.")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return problems.response_for(request, exception)
        return None


class UploadCleanup:
    """Removes the drafts of uploads that nothing has placed, however the request ended."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            for upload in request.__dict__.get("albumen_uploads", ()):
                upload.discard()
