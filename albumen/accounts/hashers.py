"""The Unicode form in which passwords are hashed, and Argon2id with the parameters that OWASP recommends."""

import os
import unicodedata
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

from albumen.places import SIZE, Places

_CORES = os.cpu_count() or 1
# A hash takes 19 MiB and a whole core, so more at once than there are cores cost memory and gain nothing.
_passwords = Places("passwords", size=SIZE, at_once=_CORES, each=_CORES, seconds=10, busy="server_busy")


def spellings(password: str | None) -> list[str | None]:
    """Return the forms of a password that are checked: in NFKC, which is hashed, and as it was typed if that differs.

    Some systems type `é` as one character and others as two; both are the same password. Older passwords, which were
    set before this normalization, are hashed as they were typed.
    """
    if password is None:
        return [None]
    return list(dict.fromkeys((unicodedata.normalize("NFKC", password), password)))


class Argon2idHasher(Argon2PasswordHasher):
    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _passwords.place():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _passwords.place():
            return super().verify(password, encoded)

    def harden_runtime(self, *args: Any) -> None:
        """Do nothing: a hash with other parameters is replaced at the next login."""
