"""The probes /healthz, /readyz and /metrics: without login and without rate limits."""

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
        return problems.not_allowed(request, "GET, HEAD, OPTIONS")


class Health(_Probe):
    """Liveness: 200 as long as the process responds. Nothing else is checked."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _uncached(HttpResponse(b'{"status":"ok"}', content_type="application/json"))


class Ready(_Probe):
    """Readiness: 200 if every part works, otherwise 503 with the parts that do not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        states = readiness.report()
        down = [f"{state.name}: {state.reason}" for state in states if not state.ok]
        body: dict[str, Any] = {"ready": not down, "parts": {state.name: _part(state) for state in states}}
        if not down:
            return _uncached(HttpResponse(orjson.dumps(body), content_type="application/json"))
        request_id = getattr(request, "request_id", "-")
        body |= problems.document(503, "not_ready", "; ".join(down), request_id=request_id)
        content, headers = problems.rendered(body, request.headers.get("Accept", ""))
        response = HttpResponse(content, status=503, headers=headers)
        # readiness.py logs each change once; Django would log every 503.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return _uncached(response)


def _part(state: readiness.State) -> dict[str, Any]:
    return {"status": "ok" if state.ok else "down", "reason": state.reason, **state.figures}


class Metrics(_Probe):
    """Metrics for Prometheus, for the addresses in ALBUMEN_METRICS_ALLOW; 404 for others."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not _may_read_metrics(request):
            return problems.not_found(request)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        body, media_type = metrics.exposition(request.headers.get("Accept", ""))
        return _uncached(HttpResponse(body, content_type=media_type))


def _may_read_metrics(request: HttpRequest) -> bool:
    # Behind a proxy that is not configured, every client has the address of the proxy.
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    if forwarded and not settings.TRUSTED_PROXIES:
        return False
    address = rates.remote_address(request)
    return address is not None and any(address in ipaddress.ip_network(text) for text in settings.METRICS_ALLOW)


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    return response
