"""Error responses as HTML pages, for people who opened a URL in a browser: what happened, and what to do."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from albumen import pages
from albumen.error_codes import BY_NAME
from albumen.languages import translated


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a page. Without a text it shows the problem's `detail`, without a remedy that of the code."""

    title: str | Promise
    text: str | Promise = ""
    remedy: str | Promise | None = None


ENDED = Words(_("This link has ended"), remedy="")
FAILED = Words(
    _("Something failed here"),
    _("It is not your fault, and there is nothing that you have to mend."),
    _("Try again in a minute. If it happens again, give the request below to the operator of this service."),
)
WORDS = {
    "not_authenticated": Words(_("Sign in first"), _("What is here is for people who are signed in."), ""),
    "invalid_credentials": Words(_("You are not signed in"), remedy=_("Check both, and try again.")),
    "csrf_failed": Words(
        _("This form is out of date"),
        _("It was open for too long or came from another site, so nothing was done."),
        _("Go back, load the page again and send it once more. Cookies must be allowed for this site."),
    ),
    "permission_denied": Words(_("You may not do this")),
    "invalid_signature": Words(
        _("This address is not complete"),
        _("It was changed or cut off on its way."),
        _("Copy it whole, or open the picture again where you found it."),
    ),
    "expired_signature": Words(
        _("This address has expired"),
        _("Addresses of pictures work for some hours."),
        _("Open the picture again where you found it."),
    ),
    "not_found": Words(
        _("There is nothing here"),
        _("The address is mistyped, or what it led to is gone or not meant for you."),
        _("Check the address. If somebody gave it to you, ask them for a new one."),
    ),
    "method_not_allowed": Words(
        _("There is nothing to see here"),
        _("Programs send something to this address; opened in a browser, it shows nothing."),
        _("The API's description, at /docs/, says what it takes. To sign in, open /api-auth/login/."),
    ),
    "link_expired": ENDED,
    "link_revoked": ENDED,
    "link_used_up": ENDED,
    "link_ended": ENDED,
    "export_expired": Words(_("This archive is gone"), remedy=""),
    "rate_limited": Words(_("Too many requests"), remedy=_("Wait a moment, then load this page again.")),
    "error": FAILED,
}


def page(problem: dict[str, Any], *, address: str = "", retry_after: int | None = None) -> str:
    """Return the page of a problem document. `address` is where to come back to after signing in, and `retry_after`
    the seconds to wait."""
    status, code = problem["status"], problem["code"]
    words = WORDS.get(code, FAILED if status == 500 else Words(problem["title"]))
    usual = translated(BY_NAME[code].remedy) if code in BY_NAME else ""
    remedy = usual if words.remedy is None else str(words.remedy)
    if status in (429, 503) and retry_after is not None:
        remedy = _wait(retry_after)
    context = {
        "problem": problem,
        "title": str(words.title),
        # A detail may end with the code's remedy, which gives way to the one that stands apart here.
        "text": str(words.text) or problem["detail"].removesuffix(usual if remedy else "").strip(),
        "remedy": remedy,
        "sign_in": status == 401,
        "address": address,
    }
    return pages.render("web/refusal.html", context)


def _wait(seconds: int) -> str:
    if seconds < 120:
        said = ngettext(
            "Wait %(count)d second, then load this page again.",
            "Wait %(count)d seconds, then load this page again.",
            seconds,
        )
        return said % {"count": seconds}
    minutes = -(-seconds // 60)
    said = ngettext(
        "Wait %(count)d minute, then load this page again.",
        "Wait %(count)d minutes, then load this page again.",
        minutes,
    )
    return said % {"count": minutes}
