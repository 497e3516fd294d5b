"""A decorator for views whose `post` creates something, once for each `Idempotency-Key`."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

import orjson
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from albumen import rates
from albumen.idempotency.services import fingerprints
from albumen.idempotency.services.answers import Answer, IdempotentRequest, require_key, run_once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
Post = Callable[..., Response]


def creates_once(post: Post | None = None, *, slow: bool = False) -> Any:
    """Stands directly above `post`, below `extend_schema`; the API's description takes its header from it.

    The whole of `post` runs in one transaction. Where that holds the database for too long, say `slow=True`: then
    the service does its long work first, and makes what it makes inside `answers.atomic_with_response()`.
    """
    if post is None:
        return lambda marked: creates_once(marked, slow=slow)
    handler = post

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        text = request.headers.get(HEADER)
        if text is None:
            return handler(view, request, *args, **kwargs)
        asked = _asked(view, request, require_key(text))
        first: list[Response] = []

        def make() -> Answer:
            first[:] = [handler(view, request, *args, **kwargs)]
            return Answer(first[0].status_code, _render(view, first[0].data))

        answer, replayed = run_once(asked=asked, now=timezone.now(), make=make, slow=slow)
        if not replayed:
            return first[0]
        return Response(orjson.loads(answer.body), status=answer.status, headers={REPLAYED: "true"})

    once.creates_once = True  # type: ignore[attr-defined]
    return once


def _asked(view: Any, request: Request, key: str) -> IdempotentRequest:
    """The user, or the address where nobody is signed in; and what the request brings, read to its end."""
    signed_in = request.user.is_authenticated
    address = f"address {rates.client_address(request._request)}"
    fingerprint = fingerprints.of_request(
        method=request.method or "",
        target=f"{request._request.path_info}?{request.META.get('QUERY_STRING', '')}",
        fields=cast(Mapping[str, Any], request.data),  # No parser here gives a list.
        uploads=getattr(view, "upload_fields", ()),
    )
    return IdempotentRequest(
        caller=f"user {request.user.pk}" if signed_in else address,
        user_id=request.user.pk if signed_in else None,
        key=key,
        fingerprint=fingerprint,
    )


def _render(view: Any, shape: Any) -> str:
    # JSON, also where a browser gets a page of it.
    body: bytes = view.get_renderers()[0].render(shape)
    return body.decode() or "null"
