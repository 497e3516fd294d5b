"""Pages for people: where to go, what each error means, and setting a new password."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from albumen.web.catalogue import CATALOGUE


def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "web/landing.html")


def errors(request: HttpRequest) -> HttpResponse:
    """Where the `type` of every problem document leads."""
    return render(request, "web/errors.html", {"catalogue": CATALOGUE})


def password_reset(request: HttpRequest) -> HttpResponse:
    """What a reset mail links to; the secret is behind the '#', and only the browser sees it."""
    return render(request, "web/password_reset.html")
