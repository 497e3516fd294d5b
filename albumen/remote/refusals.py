"""The three ways to refuse a link. Each has one wording, whatever stood behind it."""

from albumen.errors import Invalid

POINTER = "/image_url"


def not_allowed() -> Invalid:
    """The text of the address, or of a redirect, is not one that may be asked."""
    return Invalid(
        "url_not_allowed",
        "Give an http or https address, on port 80 or 443, without a user name, of at most 2,000 characters.",
        pointer=POINTER,
    )


def unreachable() -> Invalid:
    """No public server answered; it is not said why."""
    return Invalid("url_unreachable", "No public server answered at this address in time.", pointer=POINTER)


def not_an_image() -> Invalid:
    """A public server answered, and what it said is not an image."""
    return Invalid(
        "url_not_an_image",
        "The address must lead, over at most 3 redirects, to an image that is accepted, and be declared as one.",
        pointer=POINTER,
    )
