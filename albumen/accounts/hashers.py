"""Passwords in one spelling, and their hashes: Argon2id with OWASP's parameters, 19 MiB, two passes, one lane."""

import os
import threading
import unicodedata
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

# Each hash takes 19 MiB and a whole core: more at once than there are cores gains nothing and costs memory.
_at_once = threading.BoundedSemaphore(os.cpu_count() or 1)


def spellings(password: str | None) -> list[str | None]:
    """Return what a password is checked as: in NFKC, as it is hashed, and then as it was typed where that differs.

    Keyboards and systems write one `é` as one character or as two; each is the person's password. Passwords that were
    set before they were normalized are hashed as they were typed.
    """
    if password is None:
        return [None]
    return list(dict.fromkeys((unicodedata.normalize("NFKC", password), password)))


class Argon2idHasher(Argon2PasswordHasher):
    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _at_once:
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _at_once:
            return super().verify(password, encoded)

    def harden_runtime(self, *args: Any) -> None:
        """Do nothing: a hash with other parameters is replaced at the next login."""
