"""What query parameters have in common: which of them are refused, and how large an id may be."""

from collections.abc import Iterable

from django.utils.datastructures import MultiValueDict

from albumen.errors import Invalid
from albumen.sentences import Sentence

# The largest number that both databases keep as an id or as a count of bytes.
MAX_ID = 2**63 - 1


def require_known_parameters(params: MultiValueDict[str, str], known: Iterable[str]) -> None:
    """Raise `Invalid` for a query parameter that is not known, or that is given more than once."""
    names = sorted(known)
    for name in params:
        if name not in names:
            detail = Sentence("There is no such parameter; known: %(known)s.", known=", ".join(names))
            raise Invalid("unknown_parameter", detail, pointer=f"/{name}")
        if len(params.getlist(name)) > 1:
            raise Invalid("repeated_parameter", pointer=f"/{name}")
