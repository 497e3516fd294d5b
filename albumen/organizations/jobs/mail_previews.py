"""Each mail about organizations with sample values, for the page /admin/mails/."""

from collections.abc import Callable

from django.contrib.auth import get_user_model

from albumen.mails.message import Mail
from albumen.organizations.jobs import mails
from albumen.organizations.models import Invitation, Organization, Role

# Rows that are not in the database, and a token that opens nothing.
ORGANIZATION = Organization(name="Sunday Hikers")
TOKEN = "sample-token"  # noqa: S105


def _invitation() -> Mail:
    vera = get_user_model()(first_name="Vera", last_name="Example")
    found = Invitation(organization=ORGANIZATION, inviter=vera, email="ada@example.com", role=Role.EDITOR)
    return mails.invitation_mail(found, to=found.email, has_account=False, token=TOKEN)


PREVIEWS: dict[str, Callable[[], Mail]] = {"invitation": _invitation}
