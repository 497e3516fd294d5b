"""From where somebody signs in, and whether the account's owner was there before (ADR 28)."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare

from albumen.accounts.models import KnownAddress, Session, User
from albumen.accounts.services import tokens
from albumen.keys import derive_key
from albumen.sentences import Sentence

DEVICE_COOKIE = "albumen_device"
DEVICE_LIFETIME = timedelta(days=400)
# A code works until the end of the period after the one that it was made in. Each period is as long as that in which
# codes can be asked for only some times, so that who uses these up leaves the owner with mails whose code works.
CODE_PERIOD = timedelta(hours=1)
# The words by which clients name themselves, in the order in which they are looked for: most name others too.
_BROWSERS = {
    "YaBrowser": "Yandex Browser",
    "SamsungBrowser": "Samsung Internet",
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
_SIGNER = signing.TimestampSigner(salt="albumen.device")


@dataclass(frozen=True, slots=True)
class SignInPlace:
    """What a sign-in tells of where it comes from. `address` is for counting, as `rates.client_address` gives it;
    `device` is the device cookie and `code` the code of a mail, both as the client sent them."""

    address: str
    user_agent: str = ""
    device: str = ""
    code: str = ""


def device_cookie(user: User) -> str:
    """Return the value of a new device cookie, by which a browser proves that this user has signed in there. It ends
    with the user's logins: who knew the password of before keeps no attempts of their own at the new one."""
    return _SIGNER.sign(f"{user.pk}:{user.token_version}:{tokens.new_id()}")


def known_device(user: User, place: SignInPlace) -> str:
    """Return the id of the device, '' where the user has not signed in there."""
    try:
        owner, _, device = _SIGNER.unsign(place.device, max_age=DEVICE_LIFETIME).rpartition(":")
    except signing.BadSignature:
        return ""
    return device if owner == f"{user.pk}:{user.token_version}" else ""


def client_name(user_agent: str) -> str:
    """Return a short name like `Firefox on Windows` or `curl`, '' where there is none. It has no version, so that an
    update makes no new client, and no text that a stranger could choose for a mail."""
    if user_agent.startswith("Mozilla/"):
        browser = next((name for word, name in _BROWSERS.items() if f"{word}/" in user_agent), "")
        system = next((name for word, name in _SYSTEMS.items() if word in user_agent), "")
        if browser and system:
            return Sentence("%(browser)s on %(system)s", browser=browser, system=system)
        return browser or system
    product = re.match(r"[A-Za-z][A-Za-z0-9_-]{0,29}", user_agent)
    return product[0] if product else ""


def is_unexpected(user: User, place: SignInPlace) -> bool:
    """Return whether a sign-in comes from a client or an address that is new for the user. The first never does."""
    addresses = KnownAddress.objects.filter(user=user)
    if known_device(user, place) or not addresses.exists():
        return False
    if not addresses.filter(address=place.address).exists():
        return True
    sessions = Session.objects.filter(user=user).order_by()
    if sessions.filter(user_agent=place.user_agent[:300]).exists():
        return False
    agents = sessions.values_list("user_agent", flat=True).distinct()
    return client_name(place.user_agent) not in {client_name(agent) for agent in agents}


def sign_in_code(user: User, now: datetime) -> str:
    """Return the code for a sign-in from a new place, in four groups of four characters."""
    code = _code(user, _period(now))
    return "-".join(code[start : start + 4] for start in range(0, 16, 4))


def known_by(user: User | None, place: SignInPlace, now: datetime) -> str:
    """Return what proves that the account's owner knows this place: a device, a code or the address, each with its
    kind before it; '' where nothing does."""
    known = KnownAddress.objects.filter(user_id=user.pk if user else 0, address=place.address).exists()
    if user is not None and (device := known_device(user, place)):
        return f"device {device}"
    if user is not None and (code := _known_code(user, place, now)):
        return f"code {code}"
    return f"address {place.address}" if known else ""


def _known_code(user: User, place: SignInPlace, now: datetime) -> str:
    typed = re.sub(r"[^A-Z2-7]", "", place.code.upper())
    for period in (_period(now), _period(now) - 1):
        code = _code(user, period)
        if constant_time_compare(typed, code):
            return code
    return ""


def _period(now: datetime) -> int:
    return int(now.timestamp() // CODE_PERIOD.total_seconds())


def _code(user: User, period: int) -> str:
    """Return 80 bits in base32, so that nobody can guess a code however often, and no row has to keep it."""
    text = f"{user.pk}:{user.token_version}:{period}"
    return base64.b32encode(hashlib.blake2b(text.encode(), key=derive_key("code"), digest_size=10).digest()).decode()
