"""What a browser may do with each page and file: every Content-Security-Policy of the service."""

import hashlib
from base64 import b64encode

_FROM_HERE = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_STYLES_INSIDE = "style-src 'self' 'unsafe-inline'"
_ICONS_INSIDE = "img-src 'self' data:"
# The pages of packages do a little more, each by the path that it begins with. No page runs inline scripts.
_OF_PACKAGES = (
    # Alpine compiles what stands in attributes, which needs 'unsafe-eval'; htmx writes a style into the page.
    ("/admin/", f"{_FROM_HERE}; script-src 'self' 'unsafe-eval'; {_STYLES_INSIDE}; {_ICONS_INSIDE}"),
    # Swagger UI has icons and a `style` attribute inside its code.
    ("/docs/", f"{_FROM_HERE}; style-src-attr 'unsafe-inline'; {_ICONS_INSIDE}"),
    # ReDoc writes its styles while it runs, and searches in a worker that it makes of a text.
    ("/redoc/", f"{_FROM_HERE}; {_STYLES_INSIDE}; {_ICONS_INSIDE}; worker-src blob:"),
    # REST framework's templates have `style` attributes, and Bootstrap's style sheet has icons inside.
    ("/api/", f"{_FROM_HERE}; style-src-attr 'unsafe-inline'; {_ICONS_INSIDE}"),
)
# A document made of an image may load and run nothing, whatever its bytes pretend to be.
FILE = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"
# A mail in the admin panel is shown as a mail program does: it runs nothing, loads nothing and leads nowhere.
MAIL = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


def of_page(path: str) -> str:
    """Return the policy of the page at this path: everything from this host, and nothing inline."""
    if path in ("/docs/errors/", "/docs/events/"):
        return _FROM_HERE
    return next((policy for begin, policy in _OF_PACKAGES if path.startswith(begin)), _FROM_HERE)


def of_page_alone(style: str) -> str:
    """Return the policy of a page that loads only its icon and runs nothing; `style` is the text of its one style."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
