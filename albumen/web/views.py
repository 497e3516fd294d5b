"""Pages for people: where to go, what each error and event means, and setting a new password."""

import json
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from albumen.tasks.access import queue_at
from albumen.web.catalogue import CATALOGUE

# Nothing from elsewhere, nothing inline, and no frame around it.
SECURITY_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


def landing(request: HttpRequest) -> HttpResponse:
    return _page(request, "landing", {"address": request.build_absolute_uri("/").rstrip("/")})


def errors(request: HttpRequest) -> HttpResponse:
    """Where the `type` of every problem document leads."""
    return _page(request, "errors", {"catalogue": CATALOGUE})


@cache
def _asyncapi() -> str:
    return (settings.BASE_DIR / "docs" / "asyncapi.yaml").read_text()


@cache
def _described_events() -> dict[str, Any]:
    description = yaml.safe_load(_asyncapi())
    messages = description["components"]["messages"]
    for name, message in messages.items():
        message["name"] = name
        message["examples"] = [json.dumps(example["payload"]) for example in message["examples"]]
    operations = [
        {
            "summary": operation["summary"],
            "messages": [messages[message["$ref"].rpartition("/")[2]] for message in operation["messages"]],
        }
        for operation in description["operations"].values()
    ]
    channel = description["channels"]["events"]
    return {"description": description["info"]["description"], "channel": channel, "operations": operations}


def events(request: HttpRequest) -> HttpResponse:
    """The messages of the WebSocket, from docs/asyncapi.yaml."""
    return _page(request, "events", _described_events())


def asyncapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_asyncapi(), content_type="application/yaml")


def password_reset(request: HttpRequest) -> HttpResponse:
    """What a reset mail links to; the secret is behind the '#', and only the browser sees it."""
    response = _page(request, "password_reset")
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page of the admin panel shows beside its lists."""
    now = timezone.now()
    return {**context, "queue": queue_at(now), "now": now}


def _page(request: HttpRequest, name: str, context: dict[str, Any] | None = None) -> HttpResponse:
    response = render(request, f"web/{name}.html", context)
    response["Content-Security-Policy"] = SECURITY_POLICY
    return response
