"""Which values the settings of numbers may have, and which of them are unusual."""

import math
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

DAY = 24 * 3600


class Range(NamedTuple):
    """A value from `least` to `most` is accepted. `doctor` warns of one outside of `low` to `high`, which some
    installation may want."""

    least: float
    most: float
    low: float = -math.inf
    high: float = math.inf


RANGES = {
    "PORT": Range(1, 65_535),
    "ALBUMEN_TRUSTED_PROXIES": Range(0, 20, high=5),
    "ALBUMEN_HSTS_SECONDS": Range(0, 10 * 365 * DAY),
    "ALBUMEN_ACCESS_TOKEN_DAYS": Range(1 / DAY, 3650, low=1 / 288, high=31),
    "ALBUMEN_REFRESH_TOKEN_DAYS": Range(1 / DAY, 3650, low=1 / 24, high=400),
    "ALBUMEN_IMPORT_BYTES": Range(1, 10**15, low=1_000_000),
    "ALBUMEN_SIGNED_URL_SECONDS": Range(1, 366 * DAY, low=60, high=7 * DAY),
    "ALBUMEN_THREADS": Range(1, 1000, low=4, high=256),
    "ALBUMEN_DECODERS": Range(0, 1000),
    "ALBUMEN_DECODER_MEMORY_MB": Range(128, 1_000_000, low=512),
    "ALBUMEN_DECODER_SECONDS": Range(0.1, 3600, low=5, high=120),
    "ALBUMEN_MAX_MEGAPIXELS": Range(0.01, 100_000, low=1, high=1000),
    "ALBUMEN_MAX_FRAMES": Range(1, 1_000_000, high=5000),
    "ALBUMEN_MAX_ALBUMS": Range(0, 1_000_000, high=100_000),
    "ALBUMEN_MAX_INVITATIONS": Range(1, 1_000_000, high=10_000),
    "ALBUMEN_MAX_ORGANIZATIONS": Range(0, 1_000_000, high=10_000),
    "ALBUMEN_WORKERS": Range(0, 100),
}


def require(name: str, value: float) -> None:
    """Raise `ImproperlyConfigured` if this setting may not have this value."""
    allowed = RANGES[name]
    if not allowed.least <= value <= allowed.most:
        raise ImproperlyConfigured(f"{name} is {value:g}; it must be from {allowed.least:g} to {allowed.most:g}.")


def unusual(name: str, value: float) -> str:
    """Return why this value is probably a mistake; an empty text if it is not."""
    usual = RANGES[name]
    if value < usual.low:
        return f"{name} is {value:g}, which is very little"
    return f"{name} is {value:g}, which is very much" if value > usual.high else ""
