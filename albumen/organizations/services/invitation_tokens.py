"""The tokens in mails of invitations. They are signed, and never stored."""

from django.core import signing

from albumen.errors import Gone, Invalid
from albumen.organizations.services.invitations import LIFETIME

_SALT = "albumen.invitation"


def make_token(invitation_id: int, key: str) -> str:
    """Return the token for the mail about this invitation to the address with this key."""
    return signing.dumps([invitation_id, key], salt=_SALT)


def read_token(token: str) -> tuple[int, str]:
    """Return the id of the invitation, and the key of the address that the mail was sent to: whoever has the token
    reads what comes there. Raise `Invalid` for a forged token, and `Gone` for one past its time."""
    try:
        invitation_id, key = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise Gone("invitation_expired") from None
    except (signing.BadSignature, ValueError, TypeError):
        raise Invalid("invalid_token", pointer="/token") from None
    return invitation_id, key
