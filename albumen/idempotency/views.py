"""A decorator for views whose `post` creates something, once for each `Idempotency-Key`."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, cast

import orjson
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from albumen import rates
from albumen.idempotency.services import fingerprints
from albumen.idempotency.services.responses import IdempotentRequest, require_key, run_once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
Post = Callable[..., Response]


def creates_once(post: Post | None = None, *, atomic: bool = True) -> Any:
    """Let `post` create something only once for each key. Place it directly above `post`, below `extend_schema`; the
    API's description takes the header from it.

    The whole of `post` runs in one transaction. Where that would hold the database for too long, pass `atomic=False`:
    then the service does its long work first, and creates its rows inside `responses.atomic_with_response()`.
    """
    if post is None:
        return partial(creates_once, atomic=atomic)
    handler = post

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        response = run_once(
            _idempotent_request(view, request, require_key(key)),
            respond=partial(handler, view, request, *args, **kwargs),
            render=partial(_render, view),
            atomic=atomic,
            now=timezone.now(),
        )
        if isinstance(response, Response):
            return response
        return Response(orjson.loads(response.body), status=response.status, headers={REPLAYED: "true"})

    once.creates_once = True  # type: ignore[attr-defined]
    return once


def _idempotent_request(view: Any, request: Request, key: str) -> IdempotentRequest:
    """Return the request with its key, its body read to the end, and its caller: the user or, where nobody is signed
    in, the IP address."""
    signed_in = request.user.is_authenticated
    address = f"address {rates.client_address(request._request)}"
    fingerprint = fingerprints.of_request(
        method=request.method or "",
        target=f"{request._request.path_info}?{request.META.get('QUERY_STRING', '')}",
        fields=cast(Mapping[str, Any], request.data),  # No parser here returns a list.
        uploads=getattr(view, "upload_fields", ()),
    )
    return IdempotentRequest(
        caller=f"user {request.user.pk}" if signed_in else address,
        user_id=request.user.pk if signed_in else None,
        key=key,
        fingerprint=fingerprint,
    )


def _render(view: Any, response: Response) -> tuple[int, str]:
    # As JSON, even where the response itself is a page of the browsable API.
    body: bytes = view.get_renderers()[0].render(response.data)
    return response.status_code, body.decode() or "null"
