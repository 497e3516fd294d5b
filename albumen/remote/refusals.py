"""The three ways to refuse a link. Each has one wording, whatever stood behind it."""

from albumen.errors import Invalid

POINTER = "/image_url"


def not_allowed() -> Invalid:
    """The text of the address, or of a redirect, is not one that may be asked."""
    return Invalid(
        "url_not_allowed",
        pointer=POINTER,
    )


def unreachable() -> Invalid:
    """No public server answered; it is not said why."""
    return Invalid("url_unreachable", pointer=POINTER)


def not_an_image() -> Invalid:
    """A public server answered, and what it said is not an image."""
    return Invalid(
        "url_not_an_image",
        pointer=POINTER,
    )
