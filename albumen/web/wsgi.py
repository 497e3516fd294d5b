"""HTTP under WSGI: for gunicorn, and inside `asgi.py` on one machine."""

import os
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")
_django = get_wsgi_application()

from albumen.uploads.drafts import UNKNOWN_LENGTH, BodyInput  # noqa: E402  (needs the settings)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django, on a body that refuses to end before its Content-Length."""
    length: Any = environ.get("CONTENT_LENGTH") or None
    if length is None and "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        environ["CONTENT_LENGTH"] = UNKNOWN_LENGTH
    try:
        length = None if length is None else int(length)
    except ValueError:
        length = None
    environ["wsgi.input"] = BodyInput(environ["wsgi.input"], length)
    return _django(environ, start_response)
