"""HTML pages for people: when one is sent instead of JSON, and how it is rendered with its style inside."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.http.request import MediaType
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from albumen import languages, security_policy

MEDIA_TYPE = "text/html; charset=utf-8"
# Messengers and search engines that fetch a URL before a person does, most of them with `Accept: */*`.
_PREVIEWS = re.compile(
    r"facebookexternalhit|facebot|whatsapp|telegrambot|slackbot|slack-imgproxy|discordbot|twitterbot|linkedinbot|"
    r"skypeuripreview|viber|vkshare|redditbot|pinterestbot|mattermost|synapse|embedly|iframely|googlebot|bingbot|"
    r"applebot|duckduckbot|yandex(bot|images)",
    re.IGNORECASE,
)


def is_navigation(request: HttpRequest) -> bool:
    """Return whether a browser requests this as a page, not a program or an `<img>`."""
    return prefers_page(request.headers.get("Accept", ""))


def is_preview(request: HttpRequest) -> bool:
    """Return whether a messenger or a search engine sends this request, by its User-Agent."""
    return _PREVIEWS.search(request.headers.get("User-Agent", "")) is not None


def prefers_page(accept: str) -> bool:
    """Return whether this Accept header names `text/html` with a higher quality than JSON. Browsers send that when a
    person opens a page; programs send a wildcard."""
    qualities = {"text/html": 0.0, "json": 0.0}
    for text in accept.split(","):
        kind = MediaType(text)
        name = "json" if kind.sub_type in ("json", "problem+json") else f"{kind.main_type}/{kind.sub_type}"
        if name in qualities:
            qualities[name] = max(qualities[name], kind.quality)
    return qualities["text/html"] > qualities["json"]


def send(template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Return a page that is not cached and that loads nothing but its icon."""
    return HttpResponse(render(template, context), status=status, headers=headers())


def render(template: str, context: dict[str, Any]) -> str:
    """Return the page's HTML. It needs neither the database nor a session, so that it can report their failures."""
    return render_to_string(template, {**context, "style": _style()})


def headers() -> dict[str, str]:
    """Return the headers of every such page."""
    return {
        "Content-Type": MEDIA_TYPE,
        "Content-Security-Policy": security_policy.of_page_alone(_style()),
        "Cache-Control": "no-store",
        "Content-Language": languages.active(),
        "Vary": "Accept, Accept-Language",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


@cache
def _style() -> SafeString:
    found = finders.find("web/site.css")
    return mark_safe(Path(str(found)).read_text())  # noqa: S308  (a file of ours)
