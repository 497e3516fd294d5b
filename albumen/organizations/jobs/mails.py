"""The mails about organizations, as `albumen.web.task_types.MAILS` names them."""

import re

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from albumen.contacts import email_key, tidy_email
from albumen.languages import speaking
from albumen.mails.message import Mail
from albumen.organizations import access
from albumen.organizations.models import Invitation, Role
from albumen.organizations.services.invitation_tokens import make_token
from albumen.organizations.services.invitations import LIFETIME

_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*\.\w{2,}")


def invitation(*, invitation: int) -> Mail | None:
    """Return the mail to whom an invitation is for. None where it was ended meanwhile, and where it does not reach the
    person: a member, a closed account, or somebody who blocks the organization."""
    found = access.open_invitations(timezone.now()).filter(pk=invitation).first()
    if found is None:
        return None
    user = found.user or get_user_model().objects.find_by_email(found.email)
    # To an account at its address as stored: another spelling might be another mailbox, and the token proves it.
    address = user.email if user else tidy_email(found.email)
    if user is not None and (not user.is_active or access.is_member(user, found.organization_id)):
        return None
    if access.blocks_by(user, email_key(address)).filter(organization=found.organization_id).exists():
        return None
    with speaking(user.language if user else ""):
        token = make_token(found.pk, email_key(address))
        return invitation_mail(found, to=address, has_account=user is not None, token=token)


def invitation_mail(found: Invitation, *, to: str, has_account: bool, token: str) -> Mail:
    """Return the mail with the link to answer an invitation, in the active language. It names who invites, without an
    address, and whether to sign in or to sign up."""
    # After the '#', so that the secret reaches no server log and no Referer header.
    link = f"{settings.PUBLIC_URL}/invitations/#token={token}"
    organization, inviter = _without_links(found.organization.name), _without_links(found.inviter.name)
    names = {"organization": organization, "inviter": inviter}
    invites = _("%(inviter)s invites you to the organization “%(organization)s”.") % names
    if not inviter:
        invites = _("You are invited to the organization “%(organization)s”.") % names
    account = _("Whoever opens the link signs in with the account that has this address.")
    if not has_account:
        account = _("There is no account with this address yet: the link makes one, with a password that you choose.")
    expiry = ngettext("The link works for %(days)s day.", "The link works for %(days)s days.", LIFETIME.days)
    return Mail(
        to=to,
        subject=_("Invitation to “%(organization)s”") % names,
        paragraphs=[invites, _expected(found.role), account],
        button=(_("Answer the invitation"), link),
        note=" ".join(
            [
                expiry % {"days": LIFETIME.days},
                _("There you can also decline, and block further invitations from this organization."),
                _("If you do nothing, nothing happens: you join only if you accept."),
            ]
        ),
    )


def _without_links(name: str) -> str:
    """Return a name in which mail programs find no address to make a link of: it has other dots, which look alike. So
    nobody sends links to strangers in the name of this service."""
    return _DOMAIN.sub(lambda found: found[0].replace(".", "\u2024"), name.replace("://", ": "))


def _expected(role: str) -> str:
    return {
        Role.OWNER: _("You would run it as one of its owners."),
        Role.EDITOR: _("You would see and change its albums."),
        Role.VIEWER: _("You would see its albums."),
    }[Role(role)]
