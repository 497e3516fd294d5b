"""The mails about e-mail addresses, as `albumen.web.task_types.MAILS` names them."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from albumen.accounts.access import find_active_user
from albumen.accounts.jobs.mails import reset_expiry, reset_link
from albumen.accounts.models import Registration, User
from albumen.accounts.services.email_links import make_link
from albumen.accounts.services.signup import KEPT
from albumen.languages import speaking
from albumen.mails.message import Mail


def verify_email(*, user: int, email: str) -> Mail | None:
    """Return the mail with the link that proves an address; None where the user has another one, or it is proved."""
    found = find_active_user(user)
    if found is None or found.email != email or found.email_verified_at is not None:
        return None
    with speaking(found.language):
        return verify_email_mail(found, link=make_link("verify", user=user, email=email))


def verify_email_mail(user: User, *, link: str) -> Mail:
    """Return the mail to this user, in the active language."""
    return Mail(
        to=user.email,
        subject=_("Confirm your e-mail address"),
        paragraphs=[
            _("Somebody, probably you, has an account here with the address %(email)s.") % {"email": user.email},
            _("Confirm that it is yours."),
            _expiry(),
        ],
        button=(_("Confirm"), link),
        note=_("If it was not you, there is nothing to do: do not open the link, and nothing is confirmed."),
    )


def registration(*, registration: int) -> Mail | None:
    """Return the mail to somebody who has registered and has to prove the address first: with the link that makes the
    account, or saying that there is one. None where the registration is not there any more."""
    found = Registration.objects.filter(pk=registration).first()
    if found is None:
        return None
    if (user := User.objects.find_by_email(found.email)) is not None:
        return _account_exists(user)
    with speaking(found.names.get("language", "")):
        return registration_mail(found.email, link=make_link("register", registration=found.pk))


def registration_mail(email: str, *, link: str) -> Mail:
    """Return the mail whose link makes an account with this address, in the active language."""
    return Mail(
        to=email,
        subject=_("Finish your registration"),
        paragraphs=[
            _("Somebody, probably you, registered here with the address %(email)s.") % {"email": email},
            _("Open the link, and you have the account."),
            _expiry(),
        ],
        button=(_("Finish"), link),
        note=_("If it was not you, there is nothing to do: without the link there is no account."),
    )


def email_change(*, user: int, email: str) -> Mail | None:
    """Return the mail to the address that a user wants to have: with the link that makes it theirs or, where somebody
    has it, saying so to them. None where the user wants it no more."""
    found = find_active_user(user)
    if found is None or found.pending_email != email:
        return None
    if (other := User.objects.find_by_email(email)) is not None and other.pk != found.pk:
        return _account_exists(other)
    with speaking(found.language):
        return email_change_mail(email, link=make_link("change", user=user, email=email))


def email_change_mail(email: str, *, link: str) -> Mail:
    """Return the mail whose link makes this the address of an account, in the active language. It does not tell whose:
    the address may be mistyped."""
    return Mail(
        to=email,
        subject=_("Confirm your new e-mail address"),
        paragraphs=[
            _("Somebody, probably you, wants to use %(email)s for their account here from now on.") % {"email": email},
            _("Confirm that it is yours."),
            _expiry(),
        ],
        button=(_("Confirm"), link),
        note=_("If it was not you, there is nothing to do: do not open the link, and nothing is confirmed."),
    )


def email_change_old(*, user: int, old: str, new: str, proved: bool) -> Mail | None:
    """Return the mail to the address that a user has had until now; None where the account is gone."""
    found = find_active_user(user)
    if found is None:
        return None
    with speaking(found.language):
        link = make_link("stop", user=user, old=old, proved=proved)
        return email_change_old_mail(found, old=old, new=new, link=link)


def email_change_old_mail(user: User, *, old: str, new: str, link: str) -> Mail:
    """Return the mail that tells of the new address and has the link against it, in the active language."""
    return Mail(
        to=old,
        subject=_("Your e-mail address is about to change"),
        paragraphs=[
            _("Somebody who knows your password, probably you, wants to use %(new)s for your account from now on.")
            % {"new": new},
            _("If it was you, there is nothing to do here: open the link in the mail to the new address."),
            _("If it was not you, keep this address. That ends every login and lets you set a new password."),
            _expiry(),
        ],
        button=(_("It was not me: keep this address"), link),
    )


def email_kept(*, user: int) -> Mail | None:
    """Return the mail to a user who has kept the address, and needs a new password; None where the account is gone."""
    found = find_active_user(user)
    if found is None:
        return None
    with speaking(found.language):
        return email_kept_mail(found, link=reset_link(found))


def email_kept_mail(user: User, *, link: str) -> Mail:
    """Return the mail to this user, in the active language."""
    return Mail(
        to=user.email,
        subject=_("Your account keeps its address"),
        paragraphs=[
            _("The address of your account is %(email)s, as before.") % {"email": user.email},
            _("Somebody else knew your password, so it has stopped working: set a new one."),
            reset_expiry(),
        ],
        button=(_("Set a new password"), link),
        note=_("If the link is too old, ask for another one where you sign in."),
    )


def _account_exists(user: User) -> Mail:
    with speaking(user.language):
        if not user.is_active:
            return account_closed_mail(user)
        return account_exists_mail(user, link=reset_link(user))


def account_exists_mail(user: User, *, link: str) -> Mail:
    """Return the mail to a user whose address somebody wants to use for another account, in the active language."""
    return Mail(
        to=user.email,
        subject=_("You have an account already"),
        paragraphs=[
            _wanted(user),
            _("There is one with it already, and nothing was changed. Sign in as always, with its password."),
            _("If you do not know the password any more, set a new one."),
            reset_expiry(),
        ],
        button=(_("Set a new password"), link),
        note=_("If it was not you, there is nothing to do: your password stays as it is."),
    )


def account_closed_mail(user: User) -> Mail:
    """Return the mail to somebody whose account is closed, and whose address somebody wants to use for another one, in
    the active language."""
    return Mail(
        to=user.email,
        subject=_("Your account is closed"),
        paragraphs=[
            _wanted(user),
            _("There is one with it, which an administrator has closed. Ask the people who run this service."),
        ],
    )


def _wanted(user: User) -> str:
    sentence = _("Somebody, probably you, wanted to use the address %(email)s for an account here.")
    return sentence % {"email": user.email}


def _expiry() -> str:
    days = KEPT.days
    return ngettext("The link works for %(days)s day.", "The link works for %(days)s days.", days) % {"days": days}
