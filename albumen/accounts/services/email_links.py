"""The links in mails that prove an address: their tokens, and what opening one does.

A token is signed and never stored. It names the row that it is about, and works as long as the row still agrees.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.core import signing

from albumen import rates
from albumen.accounts.access import find_active_user
from albumen.accounts.services import email_changes, email_verification, passwords
from albumen.accounts.services.signup import KEPT, finish_registration
from albumen.errors import Invalid

Purpose = Literal["verify", "register", "change", "stop"]
# Whoever opens links opens few; a token cannot be guessed in any case.
OPENINGS_FACTOR = 20


def make_link(purpose: Purpose, **claims: int | str | bool) -> str:
    """Return the address of the page that opens a link for this purpose. The token stands behind the '#', so that it
    reaches no server's log and no Referer header; it begins with the purpose, which the page reads."""
    token = f"{purpose}.{signing.dumps(claims, salt=_salt(purpose))}"
    page = "email-change-stop" if purpose == "stop" else "email-verify"
    return f"{settings.PUBLIC_URL}/{page}/#token={token}"


def open_link(*, token: str, address: str, now: datetime, password: str | None = None) -> None:
    """Do what the mail with this token asked for. Raise `Invalid` where it does not hold any more, and `Conflict`
    where somebody else has the address.

    Where `password` is given, it must be that of the account or the registration, so that nobody proves an address for
    a stranger who has written it down as theirs.
    """
    rates.spend("verify", "opened", address, times=OPENINGS_FACTOR)
    purpose, claims = _read(token, "verify", "register", "change")
    if purpose == "register":
        finish_registration(registration_id=claims["registration"], password=password, now=now)
        return
    user = find_active_user(claims["user"])
    if user is not None and password is not None:
        passwords.confirm(user=user, password=password, address=address, pointer="/password")
    if purpose == "change":
        email_changes.confirm_change(user_id=claims["user"], email=claims["email"], now=now)
    else:
        email_verification.verify(user_id=claims["user"], email=claims["email"], now=now)


def stop_change(*, token: str, address: str, now: datetime) -> None:
    """Take back the change of address that the mail with this token told of."""
    rates.spend("verify", "opened", address, times=OPENINGS_FACTOR)
    _, claims = _read(token, "stop")
    email_changes.take_back(user_id=claims["user"], old=claims["old"], proved=claims["proved"], now=now)


def _read(token: str, *purposes: Purpose) -> tuple[Purpose, dict[str, Any]]:
    """Return the purpose and the claims of a token for one of these purposes; raise `Invalid` for any other."""
    begin, _, signed = token.partition(".")
    for purpose in purposes:
        if purpose == begin:
            with suppress(signing.BadSignature):
                return purpose, signing.loads(signed, salt=_salt(purpose), max_age=KEPT)
    raise Invalid("invalid_token", pointer="/token")


def _salt(purpose: Purpose) -> str:
    return f"albumen.email.{purpose}"
