"""The errors for a linked image. Each has one wording, so that the wording tells nothing of the cause."""

from albumen.errors import Invalid

POINTER = "/image_url"


def not_allowed() -> Invalid:
    """Return the error for a URL, given or in a redirect, that may not be requested."""
    return Invalid("url_not_allowed", pointer=POINTER)


def insecure_redirect() -> Invalid:
    """Return the error for a redirect from https to http."""
    return Invalid("url_insecure_redirect", pointer=POINTER)


def unreachable() -> Invalid:
    """Return the error for a request that no public server responded to, without the cause."""
    return Invalid("url_unreachable", pointer=POINTER)


def not_an_image() -> Invalid:
    """Return the error for a response from a public server that is not an image."""
    return Invalid("url_not_an_image", pointer=POINTER)
