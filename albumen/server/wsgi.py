"""HTTP under WSGI: for gunicorn, and inside `asgi.py` on one machine."""

import os
from contextlib import suppress
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")


class Request(WSGIRequest):
    """A request that is decoded as UTF-8, whatever charset its Content-Type names.

    Django would look the charset up among Python's codecs, and fail on one that is no text encoding (`rot13`) before
    `InputMiddleware` can refuse it.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


_django = get_wsgi_application()
_django.request_class = Request

from albumen import fastpath  # noqa: E402  (needs the settings, as the next ones)
from albumen.library.jobs.sweep import delete_old_temporary_files  # noqa: E402
from albumen.uploads.temporary import UNKNOWN_LENGTH, BodyInput  # noqa: E402

with suppress(OSError):
    delete_old_temporary_files(now=timezone.now())


def application(environ: WSGIEnvironment, start_response: StartResponse) -> HttpResponseBase | list[bytes]:
    """Send the fast answer if there is one, or else call Django. On SQLite fast answers come from the event loop alone
    (`HttpProtocol`): there, each thread would keep answers of its own."""
    if settings.FAST_PATHS and not fastpath.is_sqlite and (answer := _answer(environ)) is not None:
        start_response("200 OK", answer.headers)
        return [answer.content]
    return call_django(environ, start_response)


def _answer(environ: WSGIEnvironment) -> fastpath.Answer | None:
    if environ["REQUEST_METHOD"] != "GET" or environ.get("QUERY_STRING") or environ.get("SCRIPT_NAME"):
        return None
    if environ.get("CONTENT_LENGTH") or environ.get("CONTENT_TYPE"):
        return None
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
    return fastpath.answer(fastpath.Asked(environ["PATH_INFO"], headers, environ["wsgi.url_scheme"]))


def call_django(environ: WSGIEnvironment, start_response: StartResponse) -> HttpResponseBase:
    """Call Django with a body that raises `BodyIncomplete` where it ends before its Content-Length."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        environ["CONTENT_LENGTH"] = UNKNOWN_LENGTH
    environ["wsgi.input"] = BodyInput(environ["wsgi.input"], int(length) if length.isdecimal() else None)
    response: HttpResponseBase = _django(environ, start_response)
    return response
