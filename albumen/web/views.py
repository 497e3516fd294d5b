"""The index of the API, and pages: landing page, errors, events, and those that mails lead to."""

import json
from functools import cache
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from albumen import __version__, languages
from albumen.error_codes import CATALOGUE


def landing(request: HttpRequest) -> HttpResponse:
    return _page(request, "landing", {"address": request.build_absolute_uri("/").rstrip("/")})


class Index(APIView):
    """The URLs of all lists and of the documentation."""

    permission_classes = (AllowAny,)
    routes: list[URLPattern] = []

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        names = [route.name for route in self.routes if _can_be_read(route)]
        places = [*sorted(filter(None, names)), "docs", "redoc", "schema", "errors", "asyncapi"]
        return Response({name: reverse(name, request=request) for name in places})


def _can_be_read(route: URLPattern) -> bool:
    """Return whether the route has no parameters and its view has GET."""
    return not route.pattern.converters and hasattr(route.callback.view_class, "get")  # type: ignore[attr-defined]


def errors(request: HttpRequest) -> HttpResponse:
    """Return the page of error codes; the `type` of each problem document is a URL of this page."""
    return _page(request, "errors", {"catalogue": CATALOGUE})


@cache
def _asyncapi() -> str:
    return (settings.BASE_DIR / "docs" / "asyncapi.yaml").read_text().replace("{version}", __version__)


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
    """Return the page of the WebSocket's messages, rendered from docs/asyncapi.yaml."""
    return _page(request, "events", _described_events())


def asyncapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_asyncapi(), content_type="application/yaml")


def password_reset(request: HttpRequest) -> HttpResponse:
    """Return the form that a password reset e-mail links to."""
    return _page_of_mail(request, "password_reset")


def email_change_stop(request: HttpRequest) -> HttpResponse:
    """Return the page that the mail to an address of before links to, which takes a change of address back."""
    return _page_of_mail(request, "email_change_stop")


def email_verify(request: HttpRequest) -> HttpResponse:
    """Return the page that a mail links to which asks to confirm an address. It confirms by a button, because programs
    that check mails open links, too."""
    return _page_of_mail(request, "email_verify")


def invitation(request: HttpRequest) -> HttpResponse:
    """Return the page that the mail of an invitation links to."""
    return _page_of_mail(request, "invitation")


def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Return the page that asks for a code, to which the forms lead that sign in."""
    return _page(request, "sign_in_code")


def end_login(request: HttpRequest) -> HttpResponse:
    """Return the form that the mail about a new sign-in links to."""
    return _page_of_mail(request, "end_login")


def _page_of_mail(request: HttpRequest, name: str) -> HttpResponse:
    """Return a page whose URL has a token behind the '#', so that only the browser sees it."""
    response = _page(request, name)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, name: str, context: dict[str, Any] | None = None) -> HttpResponse:
    return languages.marked(render(request, f"web/{name}.html", context))
