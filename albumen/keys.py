"""Keys that are derived from the secret key, a different one for each purpose."""

import hashlib
from functools import lru_cache

from django.conf import settings


def derive_key(purpose: str) -> bytes:
    """Return the key of 32 bytes for this purpose, which is a word of at most 8 letters."""
    return _derive(settings.SECRET_KEY, purpose)


@lru_cache(maxsize=16)
def _derive(secret: str, purpose: str) -> bytes:
    return hashlib.blake2b(secret.encode(), person=f"albumen.{purpose}".encode(), digest_size=32).digest()
