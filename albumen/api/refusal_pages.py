"""Error responses as HTML pages, for people who opened a URL in a browser: what happened, and what to do."""

from dataclasses import dataclass
from typing import Any

from albumen import pages
from albumen.error_codes import BY_NAME


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a page. Without a text it shows the problem's `detail`, without a remedy that of the code."""

    title: str
    text: str = ""
    remedy: str | None = None


ENDED = Words("This link has ended", remedy="")
FAILED = Words(
    "Something failed here",
    "It is not your fault, and there is nothing that you have to mend.",
    "Try again in a minute. If it happens again, give the request below to the operator of this service.",
)
WORDS = {
    "not_authenticated": Words("Sign in first", "What is here is for people who are signed in.", ""),
    "invalid_credentials": Words("You are not signed in", remedy="Check both, and try again."),
    "csrf_failed": Words(
        "This form is out of date",
        "It was open for too long or came from another site, so nothing was done.",
        "Go back, load the page again and send it once more. Cookies must be allowed for this site.",
    ),
    "permission_denied": Words("You may not do this"),
    "invalid_signature": Words(
        "This address is not complete",
        "It was changed or cut off on its way.",
        "Copy it whole, or open the picture again where you found it.",
    ),
    "expired_signature": Words(
        "This address has expired",
        "Addresses of pictures work for some hours.",
        "Open the picture again where you found it.",
    ),
    "not_found": Words(
        "There is nothing here",
        "The address is mistyped, or what it led to is gone or not meant for you.",
        "Check the address. If somebody gave it to you, ask them for a new one.",
    ),
    "method_not_allowed": Words(
        "There is nothing to see here",
        "Programs send something to this address; opened in a browser, it shows nothing.",
        "The API's description, at /docs/, says what it takes. To sign in, open /api-auth/login/.",
    ),
    "link_expired": ENDED,
    "link_revoked": ENDED,
    "link_used_up": ENDED,
    "link_ended": ENDED,
    "export_expired": Words("This archive is gone", remedy=""),
    "rate_limited": Words("Too many requests", remedy="Wait a moment, then load this page again."),
    "error": FAILED,
}


def page(problem: dict[str, Any], *, address: str = "", retry_after: int | None = None) -> str:
    """Return the page of a problem document. `address` is where to come back to after signing in, and `retry_after`
    the seconds to wait."""
    status, code = problem["status"], problem["code"]
    words = WORDS.get(code, FAILED if status == 500 else Words(problem["title"]))
    usual = BY_NAME[code].remedy if code in BY_NAME else ""
    remedy = usual if words.remedy is None else words.remedy
    if status in (429, 503) and retry_after is not None:
        remedy = f"Wait {_spoken(retry_after)}, then load this page again."
    context = {
        "problem": problem,
        "title": words.title,
        # A detail may end with the code's remedy, which gives way to the one that stands apart here.
        "text": words.text or problem["detail"].removesuffix(usual if remedy else "").strip(),
        "remedy": remedy,
        "sign_in": status == 401,
        "address": address,
    }
    return pages.render("web/refusal.html", context)


def _spoken(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{-(-seconds // 60)} minutes"
