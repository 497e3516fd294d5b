"""E-mail addresses and phone numbers: how each is validated, and the one form in which it is stored."""

import re
import unicodedata
from contextlib import suppress
from typing import Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from albumen.text import SPACES, clean_line, has_invisible

EMAIL_LENGTH = 254
_is_email = EmailValidator(_("Enter an e-mail address, like name@example.com."))
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_PHONE = re.compile(
    r"(?P<number>\+? ?\(?[0-9][0-9 ()./-]*)(,? ?(ext\.?|extension|x|\#) ?:? ?[0-9]{1,8})?", re.IGNORECASE
)
_LEAST_DIGITS = 3


def tidy_email(email: str) -> str:
    """Return the address as it is stored: the domain in lower case and in ASCII (IDNA 2008), and before the @ the
    spelling as it was typed. Letters outside ASCII are stored in lower case there too, because databases differ in how
    they compare them. Text that is no address is returned as it is."""
    local, at, domain = unicodedata.normalize("NFKC", email.strip().strip(SPACES)).rpartition("@")
    if not local.isascii():
        local = unicodedata.normalize("NFKC", local.lower())
    return f"{local}{at}{_tidy_domain(domain)}"


def email_key(email: str) -> str:
    """Return the key of an address, which is equal for all its spellings."""
    return tidy_email(email).lower()


def _tidy_domain(domain: str) -> str:
    if not domain.isascii():
        with suppress(idna.IDNAError):
            return idna.encode(domain, uts46=True).decode()
    return domain.lower()


def validate_email(email: str) -> None:
    """Raise `ValidationError` unless this is an e-mail address without invisible characters."""
    email = email.strip().strip(SPACES)
    unseen = [character for character in email if not character.isascii() and has_invisible(character)]
    if unseen:
        detail = _("There is a character in this address that cannot be seen (U+%(code)s). Type it by hand.")
        raise ValidationError(detail, code="invalid", params={"code": f"{ord(unseen[0]):04X}"})
    local, _at, domain = (tidy := tidy_email(email)).rpartition("@")
    # RFC 6531 allows letters outside ASCII before the @; Django's validator does not, so it sees an x for each.
    _is_email(re.sub(r"[^\x00-\x7f]", "x", local) + f"@{domain}")
    if not domain.isascii():
        raise ValidationError(_("There can be no such domain as the one after the @."), code="invalid")
    if len(tidy) > EMAIL_LENGTH:
        detail = _("An e-mail address has at most %(most)s characters.")
        raise ValidationError(detail, code="max_length", params={"most": EMAIL_LENGTH})


class _EmailFormField(forms.EmailField):
    default_validators = [validate_email]


class EmailAddress(models.EmailField):
    """An e-mail address, in any alphabet. Callers pass it through `tidy_email` before they save it."""

    default_validators = [validate_email]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": _EmailFormField, **kwargs})

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs


def tidy_phone(phone: str) -> str:
    """Return the number as it was typed, with ASCII digits, hyphens and single spaces."""
    return " ".join(clean_line(unicodedata.normalize("NFKC", phone).translate(_DASHES)).split())


def validate_phone(phone: str) -> None:
    """Raise `ValidationError` unless this is a phone number, with or without an extension."""
    found = _PHONE.fullmatch(tidy_phone(phone))
    if not found or sum(map(str.isdigit, found["number"])) < _LEAST_DIGITS:
        raise ValidationError(_("Write the number like +49 30 1234567 or (555) 123-4567 ext. 8."), code="invalid")


class PhoneNumber(models.CharField):
    """A phone number, stored as `tidy_phone` returns it."""

    default_validators = [validate_phone]

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return tidy_phone(text) if isinstance(text, str) else text

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
