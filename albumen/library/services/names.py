"""Clean the names of pictures and albums: one line, with at least one visible character."""

from albumen.errors import Invalid
from albumen.text import clean_line, shorten

NAME_LENGTH = 255


def clean_name(name: str) -> str:
    """Return the name on one clean line of at most 255 characters; empty where nothing of it can be seen."""
    return shorten(clean_line(name), NAME_LENGTH)


def require_name(name: str) -> str:
    """Return the clean name; raise `Invalid` when nothing of it can be seen."""
    clean = clean_name(name)
    if not clean:
        raise Invalid("blank", "A name needs something that can be seen.", pointer="/name")
    return clean
