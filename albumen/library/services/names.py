"""Names of pictures and albums: one line that can be seen."""

from albumen.errors import Invalid

NAME_LENGTH = 255
_JOINERS = "\u200c\u200d"


def clean_name(name: str) -> str:
    """One line without control and direction characters; the joiners that emoji and scripts need stay."""
    line = "".join(
        " " if character.isspace() else character
        for character in name
        if character.isprintable() or character.isspace() or character in _JOINERS
    )
    return line.strip(" " + _JOINERS)[:NAME_LENGTH].strip(" " + _JOINERS)


def require_name(name: str) -> str:
    """The clean name; `Invalid` when nothing of it can be seen."""
    clean = clean_name(name)
    if not clean:
        raise Invalid("blank", "A name needs something that can be seen.", pointer="/name")
    return clean
