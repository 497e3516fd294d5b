"""Each mail about accounts with sample values, for the page /admin/mails/."""

from collections.abc import Callable
from datetime import UTC, datetime

from albumen.accounts.jobs import mails
from albumen.accounts.models import Session, User
from albumen.accounts.services.email_links import make_link
from albumen.mails.message import Mail

# Nobody: a row that is not in the database, and tokens that open nothing.
VERA = User(email="vera@example.com", first_name="Vera", last_name="Example")
TOKEN = "sample-token"  # noqa: S105
LOGIN = Session(
    user_agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0",
    address="203.0.113.7",
    created_at=datetime(2030, 1, 31, 12, tzinfo=UTC),
)

PREVIEWS: dict[str, Callable[[], Mail]] = {
    "verify_email": lambda: mails.verify_email_mail(VERA, link=make_link("verify", sample=TOKEN)),
    "new_sign_in": lambda: mails.new_sign_in_mail(VERA, LOGIN, token=TOKEN),
    "password_reset": lambda: mails.password_reset_mail(VERA, uid="sample", token=TOKEN),
    "sign_in_code": lambda: mails.sign_in_code_mail(VERA, "K7QX-2MZA-P4TD-W6HE"),
}
