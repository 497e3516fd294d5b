"""How attempts are counted: for each account, by its e-mail, and for each IP address."""

from albumen import rates
from albumen.accounts.services import tokens
from albumen.contacts import email_key

# Many people may share one IP address, so its limits are higher than those of one account.
ADDRESS_FACTOR = 10


def account_key(email: str) -> str:
    """Return the key by which the account with this e-mail is counted, whatever the spelling, and whether or not there
    is one."""
    return tokens.fingerprint(email_key(email))


def spend_mail(rate: str, *about: str, email: str, address: str) -> None:
    """Count one mail to this e-mail address for a client at this IP address, under a rate of `settings.RATES`. Mails
    about something else are counted apart. Raise `LimitReached` after too many."""
    rates.spend(rate, "address", *about, address, times=ADDRESS_FACTOR)
    rates.spend(rate, "account", *about, account_key(email))
