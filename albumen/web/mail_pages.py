"""Pages of the admin panel that show each mail, in both languages, with sample values."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import override

from albumen import security_policy
from albumen.mails.message import Mail
from albumen.web.task_types import MAIL_PREVIEWS


def mails(request: HttpRequest) -> HttpResponse:
    """Return the page of all mails, each in both languages, as HTML and as text."""
    shown = [
        {"name": name, "forms": [_form(name, language, title) for language, title in settings.LANGUAGES]}
        for name in MAIL_PREVIEWS
    ]
    return render(request, "admin/mails.html", {**admin.site.each_context(request), "title": "Mails", "mails": shown})


def mail(request: HttpRequest, name: str, language: str) -> HttpResponse:
    """Return the HTML of one mail."""
    if name not in MAIL_PREVIEWS or language not in dict(settings.LANGUAGES):
        raise Http404
    with override(language):
        response = HttpResponse(_sample(name).html)
    response["Content-Security-Policy"] = security_policy.MAIL
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _sample(name: str) -> Mail:
    return MAIL_PREVIEWS[name]()


def _form(name: str, language: str, title: str) -> dict[str, Any]:
    with override(language):
        sample = _sample(name)
        return {"language": language, "title": title, "subject": sample.subject, "text": sample.text}


urlpatterns: list[URLPattern] = [
    path("admin/mails/", admin.site.admin_view(mails), name="mails"),
    path("admin/mails/<slug:name>/<slug:language>/", admin.site.admin_view(mail), name="mail"),
]
