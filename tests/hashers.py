"""Password hashes that cost nothing, for tests that are about something else."""

from albumen.accounts.hashers import Argon2idHasher


class CheapHasher(Argon2idHasher):
    """The hasher of the service, with the least memory and time that Argon2 takes."""

    memory_cost = 8  # KiB
    time_cost = 1
