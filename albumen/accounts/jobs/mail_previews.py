"""Each mail about accounts with sample values, for the page /admin/mails/."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings

from albumen.accounts.jobs import address_mails, mails
from albumen.accounts.models import Session, User
from albumen.mails.message import Mail

# Nobody: a row that is not in the database, and tokens that open nothing.
VERA = User(email="vera@example.com", first_name="Vera", last_name="Example")
TOKEN = "sample-token"  # noqa: S105
LOGIN = Session(
    user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0",
    address="203.0.113.7",
    created_at=datetime(2030, 1, 31, 12, tzinfo=UTC),
)


def _link(page: str, fragment: str) -> str:
    return f"{settings.PUBLIC_URL}/{page}/#{fragment}{TOKEN}"


def _reset() -> str:
    return _link("password-reset", "uid=sample&token=")


PREVIEWS: dict[str, Callable[[], Mail]] = {
    "registration": lambda: address_mails.registration_mail(VERA.email, link=_link("email-verify", "token=register.")),
    "account_exists": lambda: address_mails.account_exists_mail(VERA, link=_reset()),
    "account_closed": lambda: address_mails.account_closed_mail(VERA),
    "verify_email": lambda: address_mails.verify_email_mail(VERA, link=_link("email-verify", "token=verify.")),
    "email_change": lambda: address_mails.email_change_mail(VERA.email, link=_link("email-verify", "token=change.")),
    "email_change_old": lambda: address_mails.email_change_old_mail(
        VERA, old=VERA.email, new="vera@example.org", link=_link("email-change-stop", "token=stop.")
    ),
    "email_kept": lambda: address_mails.email_kept_mail(VERA, link=_reset()),
    "password_changed": lambda: mails.password_changed_mail(VERA, link=_reset()),
    "new_sign_in": lambda: mails.new_sign_in_mail(VERA, LOGIN, token=TOKEN),
    "password_reset": lambda: mails.password_reset_mail(VERA, link=_reset()),
    "sign_in_code": lambda: mails.sign_in_code_mail(VERA, "K7QX-2MZA-P4TD-W6HE"),
}
