"""Sign URLs that need no Authorization header, check their signatures, and say when they expire.

A signature is a keyed hash of 128 bits over a text, in 22 letters. It is valid for one purpose only.
"""

import hashlib
import hmac
from binascii import b2a_base64
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from django.conf import settings

from albumen.errors import Forbidden
from albumen.keys import derive_key
from albumen.viewers import Viewer

_CODE_BYTES = 16
# RFC 4648, section 5.
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def expiry(now: datetime) -> int:
    """Return when a URL that is signed now expires, in Unix seconds: at the end of the next period, so that the URL
    stays the same for a whole period and browsers can cache what it leads to."""
    period: int = settings.SIGNED_URL_PERIOD
    return (int(now.timestamp()) // period + 2) * period


def signer(purpose: str) -> Callable[[str], str]:
    """Return a function that signs texts for this purpose."""
    keyed = _keyed(purpose, derive_key("address"))

    def sign(text: str) -> str:
        mac = keyed.copy()
        mac.update(text.encode())
        return b2a_base64(mac.digest(), newline=False).translate(_URL_SAFE, b"=").decode()

    return sign


def logins_of(viewer: Viewer | None) -> str:
    """Return what is signed after a text so that the signature ends with the viewer's logins: when they sign out
    everywhere, or their password changes. It is no part of the URL."""
    return str(getattr(viewer, "token_version", 0))


def agrees(purpose: str, text: str, code: str) -> bool:
    """Return whether this is the signature of the text for this purpose."""
    return hmac.compare_digest(code.encode(), signer(purpose)(text).encode())


def agrees_for(viewer: Viewer | None, purpose: str, text: str, code: str) -> bool:
    """Return whether this is the signature of the text for this purpose, and the logins that the viewer has now."""
    # Version 0.2 signed the text alone. Nobody can make such URLs any more, so the last ends within two periods of the
    # upgrade, and this goes with the release after the next.
    return agrees(purpose, text + logins_of(viewer), code) or agrees(purpose, text, code)


def require_valid(purpose: str, text: str, code: str, *, viewer: Viewer | None, expires: int, now: datetime) -> None:
    """Raise `Forbidden` when this is not the signature of the text for this purpose and viewer, the viewer's logins
    have ended since, or it has expired."""
    if not agrees_for(viewer, purpose, text, code):
        raise Forbidden("invalid_signature")
    if now.timestamp() >= expires:
        raise Forbidden("expired_signature")


@lru_cache(maxsize=16)
def _keyed(purpose: str, key: bytes) -> "hashlib.blake2b":
    """Return the hash without any text, to be copied: creating it costs more than signing."""
    return hashlib.blake2b(key=key, person=purpose.encode(), digest_size=_CODE_BYTES)
