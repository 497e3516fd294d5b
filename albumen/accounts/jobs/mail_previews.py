"""Each mail about accounts with sample values, for the page /admin/mails/."""

from collections.abc import Callable

from albumen.accounts.jobs import mails
from albumen.accounts.models import User
from albumen.accounts.services.email_links import make_link
from albumen.mails.message import Mail

# Nobody: a row that is not in the database, and tokens that open nothing.
VERA = User(email="vera@example.com", first_name="Vera", last_name="Example")
TOKEN = "sample-token"  # noqa: S105

PREVIEWS: dict[str, Callable[[], Mail]] = {
    "verify_email": lambda: mails.verify_email_mail(VERA, link=make_link("verify", sample=TOKEN)),
    "password_reset": lambda: mails.password_reset_mail(VERA, uid="sample", token=TOKEN),
}
