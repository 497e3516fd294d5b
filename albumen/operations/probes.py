"""What an operator's machines ask: /healthz, /readyz, /metrics. Nobody signs in, nothing is throttled."""

import ipaddress
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views import View

from albumen import rates
from albumen.api import problems
from albumen.operations import metrics, readiness

PATHS = frozenset({"healthz", "readyz", "metrics"})


class _Probe(View):
    http_method_names = ["get", "head", "options"]

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = problems.response(request, 405, "method_not_allowed", "Ask with GET.")
        answer["Allow"] = "GET, HEAD, OPTIONS"
        return answer


class Health(_Probe):
    """The process answers; nothing else is asked."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _fresh(HttpResponse(b'{"status":"ok"}', content_type="application/json"))


class Ready(_Probe):
    """Every part answers, or 503 and which one does not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        states = readiness.report()
        down = [f"{state.name}: {state.reason}" for state in states if not state.ok]
        body: dict[str, Any] = {"ready": not down, "parts": {state.name: _part(state) for state in states}}
        if not down:
            return _fresh(HttpResponse(orjson.dumps(body), content_type="application/json"))
        request_id = getattr(request, "request_id", "-")
        body |= problems.document(503, "not_ready", "; ".join(down), request_id=request_id)
        refusal, headers = problems.rendered(body, request.headers.get("Accept", ""))
        answer = HttpResponse(refusal, status=503, headers=headers)
        # The log has what is down once, and not at each question.
        answer._has_been_logged = True  # type: ignore[attr-defined]
        return _fresh(answer)


def _part(state: readiness.State) -> dict[str, Any]:
    return {"status": "ok" if state.ok else "down", "reason": state.reason, **state.figures}


class Metrics(_Probe):
    """For Prometheus, from ALBUMEN_METRICS_ALLOW; anybody else finds nothing here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _may_measure(request):
            return problems.not_found(request)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]
        return answer

    def get(self, request: HttpRequest) -> HttpResponse:
        body, media_type = metrics.exposition(request.headers.get("Accept", ""))
        return _fresh(HttpResponse(body, content_type=media_type))


def _may_measure(request: HttpRequest) -> bool:
    # Behind a proxy that nobody told us of, everybody in the world has the proxy's address.
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    if forwarded and not settings.TRUSTED_PROXIES:
        return False
    address = rates.remote_address(request)
    return address is not None and any(address in ipaddress.ip_network(text) for text in settings.METRICS_ALLOW)


def _fresh(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    answer["Content-Length"] = str(len(answer.content))
    return answer
