"""What signs addresses that need no header, and until when these hold.

A code is 128 bits of a keyed hash over a text, as 22 letters. Each purpose has codes of its own, so that none serves
for another one.
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

_CODE_BYTES = 16
# RFC 4648, section 5.
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def expiry(now: datetime) -> int:
    """Return when an address that is signed now expires, in Unix seconds: in one to two periods, at the end of one, so
    that it stays the same string meanwhile and browsers can cache what is behind it."""
    period: int = settings.SIGNED_URL_PERIOD
    return (int(now.timestamp()) // period + 2) * period


def signer(purpose: str) -> Callable[[str], str]:
    """Return what signs many texts for one purpose."""
    keyed = _keyed(purpose, derive_key("address"))

    def sign(text: str) -> str:
        mac = keyed.copy()
        mac.update(text.encode())
        return b2a_base64(mac.digest(), newline=False).translate(_URL_SAFE, b"=").decode()

    return sign


def agrees(purpose: str, text: str, code: str) -> bool:
    """Return whether this code was made here, for this purpose and text."""
    return hmac.compare_digest(code.encode(), signer(purpose)(text).encode())


def require_valid(purpose: str, text: str, code: str, *, expires: int, now: datetime) -> None:
    """`Forbidden` where the code was not made here, or is past its time."""
    if not agrees(purpose, text, code):
        raise Forbidden("invalid_signature")
    if now.timestamp() >= expires:
        raise Forbidden("expired_signature")


@lru_cache(maxsize=16)
def _keyed(purpose: str, key: bytes) -> "hashlib.blake2b":
    """Return the state of the hash before any text, to be copied: setting it up costs more than the rest."""
    return hashlib.blake2b(key=key, person=purpose.encode(), digest_size=_CODE_BYTES)
