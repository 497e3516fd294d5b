"""The mails about passwords and sign-ins, as `albumen.web.task_types.MAILS` names them."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.formats import date_format
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from albumen.accounts.access import find_active_user
from albumen.accounts.models import Session, User
from albumen.accounts.services import sign_in_places
from albumen.accounts.services.passwords import SESSION_SALT
from albumen.languages import speaking, translated
from albumen.mails.message import Mail


def password_reset(*, email: str) -> Mail | None:
    """Return the mail with the link to set a new password; None where no active user has this address."""
    user = User.objects.find_by_email(email)
    if user is None or not user.is_active:
        return None
    with speaking(user.language):
        return password_reset_mail(user, link=reset_link(user))


def password_reset_mail(user: User, *, link: str) -> Mail:
    """Return the mail to this user, in the active language."""
    return Mail(
        to=user.email,
        subject=_("Set a new password"),
        paragraphs=[
            _("Somebody, probably you, asked to set a new password for %(email)s.") % {"email": user.email},
            reset_expiry(),
        ],
        button=(_("Set a new password"), link),
        note=_("If it was not you, there is nothing to do: your password stays as it is."),
    )


def password_changed(*, user: int) -> Mail | None:
    """Return the mail that tells a user of their new password; None where the account is gone."""
    found = find_active_user(user)
    if found is None:
        return None
    with speaking(found.language):
        return password_changed_mail(found, link=reset_link(found))


def password_changed_mail(user: User, *, link: str) -> Mail:
    """Return the mail to this user, in the active language."""
    return Mail(
        to=user.email,
        subject=_("Your password was changed"),
        paragraphs=[
            _("The password of %(email)s was changed, and other logins have ended.") % {"email": user.email},
            _("If it was you, there is nothing to do. If it was not you, set a new one now."),
            reset_expiry(),
        ],
        button=(_("Set a new password"), link),
        note=_("If the link is too old, ask for another one where you sign in."),
    )


def reset_link(user: User) -> str:
    """Return the address of the page that sets a new password, with a token for this user."""
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)
    # After the '#', so that the secret reaches no server log and no Referer header.
    return f"{settings.PUBLIC_URL}/password-reset/#uid={uid}&token={token}"


def reset_expiry() -> str:
    """Return the sentence, in the active language, that says how long a link of `reset_link` works."""
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    expiry = ngettext(
        "The link works once, within %(minutes)s minute.", "The link works once, within %(minutes)s minutes.", minutes
    )
    return expiry % {"minutes": minutes}


def sign_in_code(*, email: str) -> Mail | None:
    """Return the mail with a code for signing in from a new place; None where no active user has this address."""
    user = User.objects.find_by_email(email)
    if user is None or not user.is_active:
        return None
    with speaking(user.language):
        return sign_in_code_mail(user, sign_in_places.sign_in_code(user, timezone.now()))


def sign_in_code_mail(user: User, code: str) -> Mail:
    """Return the mail with this code, in the active language."""
    return Mail(
        to=user.email,
        subject=_("Your code to sign in"),
        paragraphs=[
            _("Somebody, probably you, asked for a code to sign in as %(email)s from a new place.")
            % {"email": user.email},
            _("Write it beside your e-mail and password. It works for %(minutes)s minutes.")
            % {"minutes": sign_in_places.CODE_PERIOD.seconds // 60},
        ],
        details=[(_("Code"), code)],
        note=_("If it was not you, there is nothing to do: nobody can sign in with the code alone."),
    )


def new_sign_in(*, session: int) -> Mail | None:
    """Return the mail about a sign-in from a new client or place; None where the account has gone."""
    found = Session.objects.select_related("user").filter(pk=session).first()
    if found is None:
        return None
    with speaking(found.user.language):
        return new_sign_in_mail(found.user, found, token=signing.dumps(found.pk, salt=SESSION_SALT))


def new_sign_in_mail(user: User, session: Session, *, token: str) -> Mail:
    """Return the mail about this session, in the active language."""
    return Mail(
        to=user.email,
        subject=_("A new sign-in to your account"),
        paragraphs=[
            _("Somebody signed in as %(email)s from a client or a place that was not used before.")
            % {"email": user.email},
            _("If it was you, there is nothing to do."),
        ],
        details=[
            (_("Client"), translated(sign_in_places.client_name(session.user_agent)) or _("unknown")),
            (_("Address"), session.address or _("unknown")),
            (_("Time"), _("%(time)s UTC") % {"time": date_format(session.created_at, "DATETIME_FORMAT")}),
        ],
        # After the '#', so that the secret reaches no server log and no Referer header.
        button=(_("It was not me: end this login"), f"{settings.PUBLIC_URL}/end-login/#token={token}"),
        note=_("Whoever signed in knows your password: after you have ended the login, set a new password."),
    )
