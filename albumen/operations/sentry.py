"""Reports failures to Sentry (ALBUMEN_SENTRY_DSN): the traceback and the request's id, without personal data."""

from typing import Any, cast

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.types import Event

from albumen.operations import request_id
from albumen.operations.logs import scrub


def start() -> None:
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.ENVIRONMENT,
        integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False)],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=20,
        before_send=_without_personal_data,
        before_breadcrumb=_without_queries,
    )


def _without_personal_data(event: Event, hint: dict[str, Any]) -> Event:
    event.pop("user", None)
    # URLs, cookies and headers can carry credentials. The route is in the name of the transaction.
    method = (event.pop("request", None) or {}).get("method", "-")
    event["tags"] = {"request_id": request_id.current.get(), "method": str(method)}
    return cast(Event, _scrubbed(event))


def _without_queries(crumb: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any] | None:
    return None if crumb.get("category") in ("query", "httplib", "redis", "subprocess") else crumb


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: _scrubbed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(inner) for inner in value]
    return value
